# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every view of the partner API shares."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.views import APIView

from dinamis.accounts.api.authentication import KeyAuthentication
from dinamis.accounts.api.permissions import Scoped
from dinamis.accounts.enums import ApiScope
from dinamis.accounts.models import ApiClient
from dinamis.core import keys
from dinamis.core.api.errors import exception_handler
from dinamis.core.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from dinamis.core.exceptions import DomainError, NotVisible

PAGING = ("cursor", "limit")
VARY = ("Authorization", "access-key", "Cookie", "Accept-Language")


class ApiView(APIView):
    """A view for signed-in persons, and for keys that hold one of `scopes`; without scopes, for no key.

    Where `changing_scopes` are declared, what is not a read asks for one of them instead.

    `parameters` are the query parameters it knows: any other one is refused by name, since a filter that is
    mistyped and ignored would answer more than was asked.
    """

    authentication_classes = (KeyAuthentication, SessionAuthentication)
    permission_classes: tuple[type[BasePermission], ...] = (Scoped,)
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]  # noqa: RUF012  (Django declares a list)
    scopes: ClassVar[Collection[ApiScope]] = ()
    changing_scopes: ClassVar[Collection[ApiScope]] = ()
    parameters: ClassVar[Collection[str]] = ()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer; a key that acts does so until the end of this request and no longer."""
        with keys.window():
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Check who calls, then what they ask."""
        super().initial(request, *args, **kwargs)
        refuse_unknown(request, self.parameters)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep answers out of caches unless the view said otherwise, and apart by caller."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", "no-store")
        patch_vary_headers(final, VARY)
        return final

    def get_exception_handler(self) -> Any:
        """Return the one handler of the API."""
        return exception_handler


class NotFoundView(ApiView):
    """Whatever address the API does not have."""

    permission_classes = (AllowAny,)

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Say so, whoever asks."""
        raise NotVisible(_("The API has no such address."))


def refuse_unknown(request: Any, known: Collection[str]) -> None:
    """Refuse query parameters a view does not know. Raises DomainError (400) that names them."""
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        names = ", ".join(unknown)
        raise DomainError(
            _("These parameters are not known here: %(names)s.") % {"names": names},
            code="unknown_parameter",
            parameters=unknown,
        )


class PageQuery(serializers.Serializer):
    """Which page of a list, and how long."""

    cursor = serializers.CharField(required=False, default="", allow_blank=True, max_length=60)
    limit = serializers.IntegerField(required=False, default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)


def page_query(request: Any) -> dict[str, Any]:
    """Return `cursor` and `limit` of the address. Raises ValidationError."""
    return validated(PageQuery, {name: request.query_params[name] for name in PAGING if name in request.query_params})


def next_page(request: Any, cursor: str) -> str | None:
    """Return the address of the page after this one, None on the last."""
    if not cursor:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor
    return f"{settings.SITE_URL}{request.path}?{query.urlencode()}"


def absolute(name: str, *args: Any) -> str:
    """Return the whole address of a page of the site."""
    return f"{settings.SITE_URL}{reverse(name, args=args)}"


def client_of(request: Any) -> ApiClient | None:
    """Return the key a request was made with, None for a browser session."""
    return request.auth if isinstance(request.auth, ApiClient) else None


def validated(serializer: Any, data: Any) -> dict[str, Any]:
    """Return the checked values. Raises ValidationError, answered by 422 with the pointer of each wrong value.

    A member of a body that is not known is refused by name: what is mistyped and ignored would be done without it. An
    address may be read by several of these: `refuse_unknown` looks at all of it.
    """
    checked = serializer(data=data)
    checked.is_valid(raise_exception=True)
    if not isinstance(data, QueryDict) and (unknown := _unknown(checked, data)):
        raise serializers.ValidationError(unknown)
    return dict(checked.validated_data)


def _unknown(field: Any, data: Any) -> dict[Any, Any]:
    """The members of `data` that `field` does not know, nested as the framework nests errors."""
    if isinstance(field, serializers.Serializer) and isinstance(data, Mapping):
        said = serializers.ErrorDetail(_("This member is not known."), "unknown_member")
        inner = {
            name: _unknown(field.fields[name], value) if name in field.fields else [said]
            for name, value in data.items()
        }
    elif isinstance(data, list):
        inner = {place: _unknown(getattr(field, "child", None), one) for place, one in enumerate(data)}
    else:
        return {}
    return {name: wrong for name, wrong in inner.items() if wrong}
