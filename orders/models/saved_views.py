from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """The list of orders as somebody narrowed it; `query` stands after the ? of its address.

    What was searched for is not kept: it may be a person's name.
    """

    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1_000, editable=False)
    is_shared = models.BooleanField(
        "shared", default=False, help_text="Shown to all staff who see orders, not only to you."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="one_saved_view_per_name",
                violation_error_message="You have a view of this name.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["name"], name="saved_view_shared", condition=models.Q(is_shared=True)
            )
        ]

    def __str__(self) -> str:
        return self.name
