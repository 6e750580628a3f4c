"""What places are called, beside the codes that the rules know them by. Pure."""

_MEMBERS = (
    "AT Austria, BE Belgium, BG Bulgaria, CY Cyprus, CZ Czechia, DE Germany, DK Denmark,"
    " EE Estonia, ES Spain, FI Finland, FR France, GR Greece, HR Croatia, HU Hungary, IE Ireland,"
    " IT Italy, LT Lithuania, LU Luxembourg, LV Latvia, MT Malta, NL Netherlands, PL Poland,"
    " PT Portugal, RO Romania, SE Sweden, SI Slovenia, SK Slovakia, IS Iceland, LI Liechtenstein,"
    " NO Norway"
)
_PARTS_OF_US = (
    "AK Alaska, AL Alabama, AR Arkansas, AS American Samoa, AZ Arizona, CT Connecticut,"
    " DC District of Columbia, DE Delaware, GA Georgia, GU Guam, HI Hawaii, IA Iowa, ID Idaho,"
    " IL Illinois, IN Indiana, KS Kansas, KY Kentucky, LA Louisiana, MA Massachusetts, MD Maryland,"
    " MI Michigan, MN Minnesota, MO Missouri, MP Northern Mariana Islands, MS Mississippi,"
    " MT Montana, NC North Carolina, ND North Dakota, NE Nebraska, NH New Hampshire, NJ New Jersey,"
    " NM New Mexico, NV Nevada, OH Ohio, OK Oklahoma, OR Oregon, PA Pennsylvania, RI Rhode Island,"
    " SC South Carolina, SD South Dakota, TN Tennessee, UT Utah, VA Virginia,"
    " VI US Virgin Islands, WI Wisconsin, WV West Virginia, WY Wyoming"
)


def _read(text: str, prefix: str = "") -> dict[str, str]:
    return {
        f"{prefix}{code}": name
        for code, _space, name in (each.strip().partition(" ") for each in text.split(","))
    }


# By the code of the rules. What has a rule of its own is named there.
NAMES = _read(_MEMBERS) | _read(_PARTS_OF_US, "US-")
