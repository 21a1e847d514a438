"""Who did something: the `by` of a row, as a name with a link."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest

from config.admin import BoundedChangeList, as_id, page_of
from players.admin.personal_data import may_see_personal_data, shown_name
from players.models import ApiKey, Player, User

ACTORS: Mapping[str, type[User | ApiKey | Player]] = {
    "staff": User,
    "key": ApiKey,
    "player": Player,
}


def named(request: HttpRequest, actors: Iterable[str]) -> dict[str, Any]:
    """Each `by` as this member of staff may read it; three queries at most."""
    ids: dict[str, set[int]] = {}
    split = {by: by.partition(":") for by in actors}
    for kind, _, number in split.values():
        if kind in ACTORS and (pk := as_id(number)) is not None:
            ids.setdefault(kind, set()).add(pk)
    rows = {kind: ACTORS[kind].objects.in_bulk(pks) for kind, pks in ids.items()}
    return {
        by: name_of(request, kind, rows.get(kind, {}).get(as_id(number))) or by
        for by, (kind, _, number) in split.items()
    }


def name_of(request: HttpRequest, kind: str, row: Any) -> Any:
    """A link where the page may be seen; nothing where the row is gone."""
    if row is None:
        return ""
    text = f"{kind} {row}"
    if isinstance(row, Player):
        text = f"player {shown_name(row, openly=may_see_personal_data(request))}"
    may_see = request.user.has_perm(f"players.view_{row._meta.model_name}")
    return page_of(row, text) if may_see else text


class NamingChangeList(BoundedChangeList):
    """Every row knows who it was by; all are asked for at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        cast("ShowsWhoAdmin", self.model_admin).prepare(request, list(self.result_list))


class ShowsWhoAdmin(admin.ModelAdmin):
    """Rows with a `by`, which `who` shows as a name with a link."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NamingChangeList

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        row = super().get_object(request, *args, **kwargs)
        if row is not None:
            self.prepare(request, [row])
        return row

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Ask for what the columns show of other tables, once for all rows."""
        names = named(request, {row.by for row in rows})
        for row in rows:
            row.who = names[row.by]

    @admin.display(description="By")
    def who(self, row: Any) -> Any:
        return row.who
