"""Seal the addresses and secrets by which people are reached. How is `accounts.vault`'s to say."""

from accounts.vault import SEALED as SEALED
from accounts.vault import SealedField as SealedField
from accounts.vault import Unreadable as Unreadable
from accounts.vault import is_fresh as is_fresh
from accounts.vault import seal as seal
from accounts.vault import unseal as unseal
