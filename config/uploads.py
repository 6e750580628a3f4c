"""How much anybody may upload: no more than evidence may be, whatever the form."""

from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from programs import evidence


class Limited(FileUploadHandler):
    """Drop a file as soon as it is too large, before it fills a disk. Comes before the others."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, _start: int) -> bytes:
        # All files of a request together: many small ones fill a disk as well.
        self._size += len(raw_data)
        if self._size > evidence.LARGEST:
            # Read by whoever wants the file: it must not seem that none was sent.
            self.request.META[evidence.TOO_LARGE] = True  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, _file_size: int) -> None:
        return None
