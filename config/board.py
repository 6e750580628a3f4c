from django.http import HttpRequest, HttpResponse


def board(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("board")
