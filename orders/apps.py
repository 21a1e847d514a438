from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = "Orders"

    def ready(self) -> None:
        from orders.checks import warn_of_sandbox  # noqa: PLC0415 - as the others
        from orders.services.make_groups import make_groups  # noqa: PLC0415 - it needs the models
        from orders.services.make_sandbox import make_sandbox  # noqa: PLC0415 - the same

        register(warn_of_sandbox, Tags.security, deploy=True)
        # Of the last app of ours: all permissions are there by then.
        post_migrate.connect(make_groups, sender=self)
        post_migrate.connect(make_sandbox, sender=self)
