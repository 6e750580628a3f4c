"""How much anybody may upload: no more than evidence may be, whatever the form."""

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from programs import evidence

# Beside the file: the other fields of a form, and what stands between them.
_AROUND = 64 * 1024
# Where evidence of an incident is handed in, by page and by API, and files of incidents.
_INCIDENTS = ("incidents:add-evidence", "api:evidence", "incidents:imports", "api:imports")


def longest() -> int:
    """How long a request may be that anybody reads at all."""
    return max(evidence.LARGEST, settings.EVIDENCE.largest) + _AROUND


def length_of(request: HttpRequest) -> int:
    said = request.META.get("CONTENT_LENGTH") or "0"
    return int(said) if said.isascii() and said.isdigit() else 0


class Limited(FileUploadHandler):
    """Drop a file as soon as it is too large, before it fills a disk. Comes before the others."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, _start: int) -> bytes:
        # All files of a request together: many small ones fill a disk as well.
        self._size += len(raw_data)
        if self._size > _largest(self.request):
            # Read by whoever wants the file: it must not seem that none was sent.
            self.request.META[evidence.TOO_LARGE] = True  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, _file_size: int) -> None:
        return None


def _largest(request: HttpRequest | None) -> int:
    # The view is known before a form is read: its token against forgery is looked for in there.
    match = getattr(request, "resolver_match", None)
    if match and match.view_name in _INCIDENTS:
        return int(settings.EVIDENCE.largest)
    return evidence.LARGEST
