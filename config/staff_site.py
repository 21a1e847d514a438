"""The staff site as a whole, and the schedule of the beat in the look of its other pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_celery_beat.admin import (
    CrontabScheduleAdmin,
    IntervalScheduleAdmin,
    PeriodicTaskAdmin,
    PeriodicTaskForm,
    TaskSelectWidget,
)
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.admin import ModelAdmin as ThemedModelAdmin
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget


class ThemedTaskSelectWidget(UnfoldAdminSelectWidget, TaskSelectWidget):
    pass


class TaskForm(PeriodicTaskForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = ThemedTaskSelectWidget()


class TasksOfSchedule(TabularInline):
    model = PeriodicTask
    fields = ("name", "task", "enabled")
    readonly_fields = fields
    extra = 0
    max_num = 0
    can_delete = False


admin.site.index_title = "Start"

for model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(model)


@admin.register(PeriodicTask)
class TaskAdmin(PeriodicTaskAdmin, ThemedModelAdmin):
    form = TaskForm
    date_hierarchy = None
    # Without the time of the last run, which the beat writes down only now and then.
    list_display = ("name", "enabled", "scheduler", "interval", "one_off")
    list_filter = ("enabled",)

    # The original lets whoever may look at tasks switch and run them.
    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_actions(request) if self.has_change_permission(request) else {}


@admin.register(CrontabSchedule)
class ThemedCrontabScheduleAdmin(CrontabScheduleAdmin, ThemedModelAdmin):
    inlines = (TasksOfSchedule,)


@admin.register(IntervalSchedule)
class ThemedIntervalScheduleAdmin(IntervalScheduleAdmin, ThemedModelAdmin):
    inlines = (TasksOfSchedule,)
