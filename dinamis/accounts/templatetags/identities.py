# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

from django import template
from django.contrib.auth import REDIRECT_FIELD_NAME

from dinamis.accounts.selectors.identity import configured_providers

register = template.Library()


@register.inclusion_tag("accounts/parts/providers.html", takes_context=True)
def sign_in_providers(context: Any) -> dict[str, Any]:
    """The buttons of the configured providers of identity; nothing when there is none."""
    request = context["request"]
    asked = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME, "")
    return {"offered": configured_providers(), "next": asked, "csrf_token": context.get("csrf_token")}
