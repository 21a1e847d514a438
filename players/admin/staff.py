"""Who works here, and what they may do. Only a superuser changes that."""

from typing import cast

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin as ThemedModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from players.models import User


def member(request: HttpRequest) -> User:
    """Who is logged in: the staff site lets nobody else through."""
    return cast("User", request.user)


class ChangedBySuperusers(admin.ModelAdmin):
    """Whoever could change users or groups could give themselves every right."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.is_superuser


@admin.register(User)
class UserAdmin(ChangedBySuperusers, DjangoUserAdmin, ThemedModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never: what they did stays theirs. Who has left is made inactive."""
        return False


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ChangedBySuperusers, DjangoGroupAdmin, ThemedModelAdmin):
    """What several people may do."""
