# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any, ClassVar

import rules
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.enums import OfficeRole
from dinamis.core import clock
from dinamis.core.triggers import RecordEvents


class UserManager(BaseUserManager["User"]):
    """Creates persons; the address is kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an administrator of the site."""
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, office_role=OfficeRole.ADMINISTRATOR, **fields
        )


class User(AbstractBaseUser, PermissionsMixin):
    """A person. What they may do follows from memberships and from the office role, never from this row alone."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="fr")
    office_role = models.CharField(_("office role"), max_length=20, choices=OfficeRole.choices, default=OfficeRole.NONE)
    is_staff = models.BooleanField(_("may open the admin site"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=clock.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        constraints = (models.UniqueConstraint(Lower("email"), name="accounts_user_email_ci"),)
        triggers = (
            RecordEvents(
                only=("email", "office_role", "is_active", "is_staff", "is_superuser"),
                digest=("email",),
            ),
        )

    def __str__(self) -> str:
        return self.name or self.email

    def read_again(self) -> None:
        """Read again what permissions find on this row. Who waited for a lock may have lost a role meanwhile."""
        self.refresh_from_db(fields=["office_role", "is_active"])

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Tell whether the person holds a permission; for the rules of the house a superuser is nobody special (I5)."""
        if rules.perm_exists(perm):
            return self.is_active and bool(rules.has_perm(perm, self, obj))
        return super().has_perm(perm, obj)
