"""Where the pages of incidents are. An incident is addressed by its number, as INC-17."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from incidents.views import (
    accesslogs,
    acts,
    assessing,
    briefs,
    bundles,
    detail,
    drafts,
    drills,
    entering,
    evidence,
    exposures,
    finding,
    history,
    importing,
    judging,
    leading,
    legal,
    listing,
    merging,
    participants,
    people,
    rating,
    record,
    register,
    reporting,
    resuming,
    reviews,
    rulesets,
    runbooks,
    saved,
    sources,
    steps,
    thresholds,
    tracking,
    wall,
)


class RefConverter(StringConverter):
    """INC-17 in the address, 17 in the view. Nine digits at most, as the column holds no more."""

    regex = "INC-[1-9][0-9]{0,8}"

    def to_python(self, value: str) -> int:  # type: ignore[override]
        return int(value.removeprefix("INC-"))

    def to_url(self, value: int) -> str:  # type: ignore[override]
        return f"INC-{value}"


class LivePartConverter(StringConverter):
    regex = "|".join(detail.LIVE)


class ClockActConverter(StringConverter):
    regex = "|".join(legal.ACTS)


class RulesConverter(StringConverter):
    """A version of the severity rules, such as 2026.11-1."""

    regex = r"[0-9]{4}\.[0-9]{2}-[0-9]{1,3}"


register_converter(RulesConverter, "rules")


class ImportActConverter(StringConverter):
    regex = "|".join(importing.ACTS)


register_converter(ImportActConverter, "import_act")
register_converter(ClockActConverter, "clock_act")
register_converter(RefConverter, "ref")
register_converter(LivePartConverter, "live_part")

app_name = "incidents"
_one = "incidents/<ref:number>/"
_rules = "severity/rules/by/<rules:version>/"
_rule = "thresholds/by/<slug:rule>/"
_draft = f"{_one}drafts/<int:pk>/versions/<int:version>/"
_book = "runbooks/by/<slug:runbook>/"
_version = f"{_book}versions/<int:number>/"

urlpatterns = [
    path("report/", reporting.report, name="report"),
    path("report/weigh/", reporting.weigh, name="weigh"),
    path("receipts/", reporting.my_receipts, name="receipts"),
    path("receipts/<uuid:uuid>/", reporting.receipt, name="receipt"),
    path("find/", finding.find, name="find"),
    path("incidents/", listing.index, name="list"),
    path("incidents/views/", saved.save, name="save-view"),
    path("incidents/views/<int:pk>/", saved.one, name="saved-view"),
    path("incidents/views/<int:pk>/remove/", saved.remove, name="remove-view"),
    path("incidents/export/", listing.export, name="export"),
    path("incidents/ask/", entering.ask, name="ask"),
    path("incidents/break-glass/", entering.break_glass, name="break-glass"),
    path("incidents/broken-glass/", entering.broken_glass, name="broken-glass"),
    path("incidents/broken-glass/<int:pk>/", entering.review, name="review-glass"),
    path(_one, detail.detail, name="detail"),
    path(f"{_one}live/<live_part:part>/", detail.live, name="live"),
    path(f"{_one}bundles/", bundles.bundles, name="bundles"),
    path(f"{_one}bundles/new/", bundles.ask, name="ask-bundle"),
    path(f"{_one}bundles/<int:pk>/file/", bundles.file, name="bundle-file"),
    path(f"{_one}history/", history.history, name="history"),
    path(f"{_one}history/csv/", history.export, {"kind": "csv"}, name="history-csv"),
    path(f"{_one}history/json/", history.export, {"kind": "json"}, name="history-json"),
    path(f"{_one}veris/", history.veris, name="veris"),
    path(f"{_one}update/", acts.update, name="update"),
    path(f"{_one}timeline/", detail.timeline, name="timeline"),
    path(f"{_one}timeline/<int:pk>/correct/", acts.correct, name="correct"),
    path(f"{_one}timeline/<int:pk>/pin/", acts.pin, {"how": "pin"}, name="pin"),
    path(f"{_one}timeline/<int:pk>/unpin/", acts.pin, {"how": "unpin"}, name="unpin"),
    path(f"{_one}brief/", briefs.brief, name="brief"),
    path(f"{_one}brief/compare/", briefs.compare, name="compare"),
    path(f"{_one}merge/", merging.merge, name="merge"),
    path(f"{_one}status/", acts.status, name="status"),
    path(f"{_one}pause/", acts.pull_cord, name="pull-cord"),
    path(f"{_one}review/", reviews.review, name="review"),
    path(f"{_one}review/write/", reviews.write, name="write-review"),
    path(f"{_one}review/<int:pk>/", reviews.version, name="review-version"),
    path(f"{_one}review/<int:pk>/publish/", reviews.publish, name="publish-review"),
    path(f"{_one}items/", reviews.add_item, name="add-item"),
    path(f"{_one}items/<int:pk>/", reviews.change_item, name="change-item"),
    *(
        path(f"{_one}items/<int:pk>/{how}/", reviews.item, {"how": how}, name=f"item-{how}")
        for how in ("done", "verify", "reopen", "drop")
    ),
    path(f"{_one}runbooks/", steps.attach, name="attach-runbook"),
    path(f"{_one}steps/<int:pk>/", steps.mark, name="step"),
    path(f"{_one}steps/<int:pk>/assign/", steps.assign, name="assign-step"),
    path(f"{_one}steps/<int:pk>/gate/", steps.gate, name="confirm-gate"),
    path(f"{_one}steps/<int:pk>/run/", steps.run, name="run-hook"),
    path(f"{_one}steps/<int:pk>/note/", steps.note, name="note-step"),
    path(f"{_one}aware/", acts.aware, name="aware"),
    path(f"{_one}severity/", judging.level, name="level"),
    path(f"{_one}assess/", assessing.assess, name="assess"),
    path(f"{_one}assess/weigh/", assessing.weigh, name="weigh-answers"),
    path(f"{_one}answers/", judging.answers, name="answers"),
    path(f"{_one}proposals/<int:pk>/confirm/", judging.decide, {"how": "confirm"}, name="confirm"),
    path(
        f"{_one}proposals/<int:pk>/withdraw/", judging.decide, {"how": "withdraw"}, name="withdraw"
    ),
    path(f"{_one}rules/", thresholds.explain, name="explain"),
    path(f"{_one}rules/<int:pk>/veto/", judging.veto, name="veto"),
    path(f"{_one}rules/<int:pk>/allow/", thresholds.allow, name="allow"),
    path(f"{_one}roles/", people.give_role, name="give-role"),
    path(f"{_one}roles/<int:pk>/leave/", people.leave_role, name="leave-role"),
    path(f"{_one}access/", people.admit, name="admit"),
    path(f"{_one}access/<int:pk>/end/", people.end_access, name="end-access"),
    path(f"{_one}access/leave/", people.leave, name="leave"),
    path(f"{_one}access/breadth/", people.choose_breadth, name="choose-breadth"),
    path(f"{_one}access/requests/<int:pk>/", people.answer_request, name="answer-request"),
    path(f"{_one}evidence/", evidence.add, name="add-evidence"),
    path(f"{_one}evidence/<int:pk>/", evidence.one, name="evidence"),
    path(f"{_one}evidence/<int:pk>/file/", evidence.file, name="evidence-file"),
    path(f"{_one}evidence/<int:pk>/check/", evidence.check, name="check-evidence"),
    path(f"{_one}evidence/<int:pk>/hold/", evidence.hold, name="hold-evidence"),
    path(f"{_one}evidence/<int:pk>/release/", evidence.release, name="release-evidence"),
    path(f"{_one}exposures/", exposures.index, name="exposures"),
    path(f"{_one}exposures/<int:pk>/", exposures.one, name="exposure"),
    path(f"{_one}exposures/<int:pk>/verify/", exposures.verify, name="verify-exposure"),
    path(f"{_one}exposures/<int:pk>/access/", accesslogs.logs, name="access-logs"),
    path(f"{_one}clocks/", legal.index, name="clocks"),
    path(f"{_one}clocks/facts/", legal.facts, name="state-facts"),
    path(f"{_one}clocks/events/", legal.event, name="set-event"),
    path(f"{_one}clocks/<int:pk>/", legal.one, name="clock"),
    path(f"{_one}clocks/<int:pk>/<clock_act:how>/", legal.act, name="act-on-clock"),
    path(f"{_one}drafts/", drafts.index, name="drafts"),
    path(f"{_one}drafts/<int:pk>/", drafts.one, name="draft"),
    path(f"{_one}drafts/<int:pk>/write/", drafts.write, name="write-draft"),
    path(f"{_draft}", drafts.version, name="draft-version"),
    path(f"{_draft}approve/", drafts.approve, name="approve-draft"),
    path(f"{_draft}markdown/", drafts.markdown, name="draft-markdown"),
    path(f"{_one}related/", tracking.relate, name="relate"),
    path(f"{_one}related/<int:pk>/end/", tracking.unrelate, name="unrelate"),
    path(f"{_one}tasks/", tracking.add_task, name="add-task"),
    path(f"{_one}tasks/<int:pk>/", tracking.task, name="task"),
    path(f"{_one}tasks/<int:pk>/settle/", tracking.settle, name="settle-task"),
    path("programs/<slug:slug>/for-participants/", participants.page, name="for-participants"),
    path("programs/<slug:slug>/for-participants/choose/", participants.choose, name="choose"),
    path("sources/", sources.index, name="sources"),
    path("programs/<slug:slug>/sources/<int:pk>/", sources.one, name="source"),
    path("programs/<slug:slug>/drills/", drills.drills_of, name="drills"),
    path("programs/<slug:slug>/drills/<int:pk>/cancel/", drills.cancel, name="cancel-drill"),
    path("programs/<slug:slug>/resume/approve/", resuming.approve, name="approve-resume"),
    path("register/", register.index, name="register"),
    path("register/export/", register.export, name="export-register"),
    path("leadership/", leading.dashboard, name="leadership"),
    path("leadership/boards/", wall.boards, name="boards"),
    path("leadership/boards/<int:pk>/end/", wall.revoke, name="revoke-board"),
    path("wall/<str:secret>/", wall.wall, name="wall"),
    path("leadership/behind/<slug:what>/", leading.makes, name="behind"),
    *(
        path(f"leadership/{kind}/", leading.export, {"kind": kind}, name=f"figures-{kind}")
        for kind in ("csv", "json")
    ),
    path("imports/", importing.index, name="imports"),
    path("imports/<int:pk>/", importing.one, name="import"),
    path("imports/<int:pk>/columns/", importing.columns, name="import-columns"),
    path("imports/<int:pk>/rejects/", importing.rejects, name="import-rejects"),
    path("imports/<int:pk>/<import_act:how>/", importing.act, name="import-act"),
    path(f"{_one}ratings/", rating.ask, name="ask-rating"),
    path(f"{_one}ratings/<int:pk>/call-off/", rating.call_off, name="call-off-rating"),
    path("ratings/", rating.index, name="ratings"),
    path("ratings/<int:pk>/", rating.one, name="rating"),
    path("ratings/<int:pk>/take/", rating.take, name="take-rating"),
    path("ratings/<int:pk>/decline/", rating.decline, name="decline-rating"),
    path("calibration/", rating.calibrate, name="calibration"),
    path("lessons/", reviews.lessons, name="lessons"),
    path("obligations/", legal.everywhere, name="obligations"),
    path("action-items/", reviews.all_items, name="items"),
    path("runbooks/", runbooks.index, name="runbooks"),
    path("runbooks/new/", runbooks.new, name="runbook-new"),
    path(f"{_book}", runbooks.one, name="runbook"),
    path(f"{_book}edit/", runbooks.edit, name="runbook-edit"),
    path(f"{_book}retire/", runbooks.retire, name="runbook-retire"),
    path(f"{_version}", runbooks.version, name="runbook-version"),
    *(
        path(f"{_version}{how}/", runbooks.decide, {"how": how}, name=f"runbook-{how}")
        for how in ("publish", "withdraw", "restore")
    ),
    path("severity/rules/", rulesets.index, name="rule-sets"),
    path("severity/rules/new/", rulesets.new, name="rule-set-new"),
    path(_rules, rulesets.one, name="rule-set"),
    *(
        path(f"{_rules}{how}/", rulesets.decide, {"how": how}, name=f"rule-set-{how}")
        for how in ("publish", "withdraw")
    ),
    path("thresholds/", thresholds.index, name="thresholds"),
    path("thresholds/new/", thresholds.new, name="threshold-new"),
    path("thresholds/firings/", thresholds.firings, name="firings"),
    path(f"{_rule}", thresholds.one, name="threshold"),
    path(f"{_rule}edit/", thresholds.edit, name="threshold-edit"),
    path(f"{_rule}retire/", thresholds.retire, name="threshold-retire"),
    *(
        path(
            f"{_rule}versions/<int:number>/{how}/",
            thresholds.decide,
            {"how": how},
            name=f"threshold-{how}",
        )
        for how in ("publish", "withdraw")
    ),
    path("audit/", record.entries, name="record"),
]
