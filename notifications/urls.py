"""Where pages are answered. `acknowledge` stands in messages, so its path is for ever."""

from django.urls import path

from incidents import urls as incident_urls  # noqa: F401 - registers the converter `ref`
from notifications import (
    answering_views,
    calendar_views,
    connection_views,
    contact_views,
    cover_views,
    delivery_views,
    oncall_views,
    people_views,
    policy_views,
    views,
)

_stop = "programs/<slug:slug>/stops/<int:generation>/"

urlpatterns = [
    path("profile/contacts/", contact_views.mine, name="contacts"),
    path("profile/contacts/<int:pk>/", contact_views.one, name="contact"),
    path("profile/contacts/<int:pk>/do/", contact_views.act, name="contact-act"),
    path("profile/contacts/<int:pk>/tries/", contact_views.tries, name="contact-tries"),
    path("people/", people_views.everybody, name="people"),
    path("people/invite/", people_views.invite, name="invite-person"),
    path("people/<int:pk>/", people_views.one, name="person"),
    path("people/<int:pk>/invite-again/", people_views.invite_again, name="invite-again"),
    path("people/<int:pk>/functions/", people_views.set_functions, name="set-functions"),
    path("people/<int:pk>/deactivate/", people_views.deactivate, name="deactivate-person"),
    path("people/<int:pk>/reset-factors/", people_views.reset_factors, name="reset-factors"),
    path("connections/", connection_views.every, name="connections"),
    path("connections/<int:pk>/", connection_views.one, name="connection"),
    path("connections/<int:pk>/do/", connection_views.act, name="connection-act"),
    path("acknowledge/<str:token>/", views.acknowledge, name="acknowledge"),
    path(
        "incidents/<ref:number>/acknowledge/",
        views.acknowledge_incident,
        name="acknowledge-incident",
    ),
    path("incidents/<ref:number>/hand-over/", answering_views.hand_over, name="hand-over"),
    path("incidents/<ref:number>/snooze/", answering_views.snooze, name="snooze"),
    path("incidents/<ref:number>/escalate/", answering_views.escalate, name="escalate"),
    path("incidents/<ref:number>/page-person/", answering_views.page_person, name="page-person"),
    path("incidents/<ref:number>/escalation/", views.escalation, name="escalation"),
    path("on-call/", oncall_views.everyone, name="on-call"),
    path("on-call/<int:pk>/", oncall_views.one, name="rota"),
    path("on-call/<int:pk>/layers/<int:number>/end/", oncall_views.end_layer, name="end-layer"),
    path(
        "on-call/<int:pk>/layers/<int:number>/change/",
        oncall_views.change_layer,
        name="change-layer",
    ),
    path("on-call/<int:pk>/change/", oncall_views.change, name="change-rota"),
    path("on-call/<int:pk>/retire/", oncall_views.retire, name="retire-rota"),
    path("on-call/<int:pk>/overrides/", cover_views.cover, name="cover"),
    path(
        "on-call/<int:pk>/overrides/<int:number>/withdraw/",
        cover_views.withdraw,
        name="withdraw-cover",
    ),
    path("on-call/<int:pk>/swaps/", cover_views.ask, name="ask-swap"),
    path("on-call/<int:pk>/swaps/<int:number>/", cover_views.answer, name="answer-swap"),
    path("on-call/feed/", calendar_views.make_own_feed, name="make-own-feed"),
    path("on-call/feeds/<int:pk>/withdraw/", calendar_views.withdraw_feed, name="withdraw-feed"),
    path("on-call/<int:pk>/feed/", calendar_views.make_feed, name="make-feed"),
    path("on-call/<int:pk>/calendars/", calendar_views.add, name="add-calendar"),
    path(
        "on-call/<int:pk>/calendars/<int:number>/remove/",
        calendar_views.remove,
        name="remove-calendar",
    ),
    # Calendar programs keep it, so its path is for ever.
    path("calendars/<str:secret>.ics", calendar_views.feed, name="calendar-feed"),
    path("policies/", policy_views.everything, name="policies"),
    path("policies/new/", policy_views.new, name="policy-new"),
    path("policies/dry-run/", policy_views.dry_run, name="dry-run"),
    path("policies/<int:pk>/", policy_views.one, name="policy"),
    path("policies/<int:pk>/edit/", policy_views.edit, name="policy-edit"),
    path("policies/<int:pk>/history/", policy_views.history, name="policy-history"),
    path("policies/<int:pk>/retire/", policy_views.retire, name="policy-retire"),
    path("deliveries/", delivery_views.everywhere, name="deliveries"),
    path(
        "incidents/<ref:number>/deliveries/",
        delivery_views.of_incident,
        name="incident-deliveries",
    ),
    path(
        "incidents/<ref:number>/deliveries/<int:pk>/resend/",
        delivery_views.resend,
        name="resend-page",
    ),
    path(f"{_stop}deliveries/", delivery_views.of_stop, name="stop-deliveries"),
    path(f"{_stop}acknowledge/", views.acknowledge_stop, name="acknowledge-stop"),
    path(f"{_stop}escalation/", views.stop_escalation, name="stop-escalation"),
]
