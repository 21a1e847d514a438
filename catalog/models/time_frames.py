from django.db import models
from django.db.models import Q


class TimeFrame(models.Model):
    """When rented goods run out together, such as a season."""

    id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    start = models.DateTimeField()
    end = models.DateTimeField()
    hour_interval = models.PositiveIntegerField(
        default=0, help_text="Hours of each window, repeated from the start on; 0: only one window."
    )
    episode = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=models.F("start")),
                name="time_frame_ends_after_its_start",
                violation_error_message="It ends before it starts.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name or 'Time frame'} ({self.pk})"
