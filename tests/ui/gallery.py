# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the gallery of components shows: the context of templates/components/gallery.html."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django import forms
from django.core.paginator import Paginator

WHEN = datetime(2025, 6, 14, 10, 12, tzinfo=UTC)
ICONS = Path(__file__).resolve().parents[2] / "static" / "img" / "icons.svg"


class GalleryForm(forms.Form):
    """One field of each kind."""

    title = forms.CharField(label="Titre", help_text="Il sera lu par les instructeurs.")
    start = forms.DateField(label="Du", widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(label="Au", widget=forms.DateInput(attrs={"type": "date"}), required=False)
    theme = forms.ChoiceField(label="Thème", choices=[("coast", "Littoral"), ("forest", "Forêt")])
    words = forms.CharField(label="Justification", widget=forms.Textarea(attrs={"rows": 4}), required=False)
    file = forms.FileField(label="Zone", help_text="GeoJSON, GeoPackage ou shapefile zippé.", required=False)
    kinds = forms.MultipleChoiceField(
        label="Capteurs",
        choices=[("phr", "Pléiades"), ("pneo", "Pléiades Neo"), ("spot", "SPOT 6-7")],
        widget=forms.CheckboxSelectMultiple,
    )
    accept = forms.BooleanField(label="J’ai lu la charte et je l’accepte.")


def steps() -> list[dict[str, Any]]:
    """Return a timeline with one step of each kind."""
    return [
        {"title": "Déposée", "who": "Alice Martin", "when": WHEN, "text": "412 km², Pléiades stéréo."},
        {
            "title": "Lot 2 refusé",
            "who": "Comité du 11 mars",
            "when": WHEN,
            "text": "Zone déjà couverte.",
            "kind": "bad",
        },
        {"title": "Passée à l’opérateur", "who": "Airbus DS", "when": WHEN, "kind": "done"},
        {
            "title": "Image proposée : 9 % de nuages, 2 % dans votre zone",
            "who": "Réponse attendue avant le 24 mars, 18:00 · 1 voix sur 3",
            "kind": "now",
        },
        {"title": "Production et livraison", "who": "vers le 2 avril", "kind": "next"},
    ]


def scenes() -> list[dict[str, Any]]:
    """Return scenes, one in each state of an image."""
    titles = [
        "Pléiades 1B · ortho 0,5 m",
        "SPOT 7 · fusion 1,5 m",
        "Pléiades Neo 3 · primaire 0,3 m",
        "Pléiades 1A · stéréo",
    ]
    states = ["held", "unlock", "order", "none"]
    actions = ["Télécharger", "Signer la licence", "Commander", ""]
    quicklooks = ["/static/img/sample.jpg", "", "", ""]
    rows = zip(titles, states, actions, quicklooks, strict=True)
    return [
        {
            "id": n,
            "title": t,
            "state": s,
            "action": a,
            "url": "#" if a else "",
            "cloud": 2 * n,
            "quicklook": q if n else "",
        }
        for n, (t, s, a, q) in enumerate(rows)
    ]


def context(data: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the whole context; `data` binds the form, so that its errors show."""
    years = range(2014, 2026)
    return {
        "form": GalleryForm(data),
        "steps": steps(),
        "scenes": scenes(),
        "when": WHEN,
        "hidden": {"person": 12},
        "missing": [
            {
                "text": "Votre organisme n’a pas signé la licence Pléiades Neo.",
                "url": "#",
                "action": "Demander la signature",
            },
            {"text": "Le projet « Trait de côte » a pris fin le 31 mars.", "url": "#", "action": "Prolonger le projet"},
        ],
        "price_rows": [
            {"label": "Demandé", "area_m2": 412_000_000, "cents": None},
            {"label": "Déjà acquis", "note": "téléchargeable maintenant", "area_m2": -166_000_000, "cents": 0},
        ],
        "stepper": [
            {"label": "Organisme", "state": "done", "url": "#"},
            {"label": "Pièces", "state": "now"},
            {"label": "Signature", "state": "next"},
        ],
        "tabs": [
            {"label": "Tout", "url": "#", "count": 23, "current": True},
            {"label": "Adhésions", "url": "#", "count": 9},
            {"label": "Commandes", "url": "#", "count": 0},
        ],
        "bars": [{"label": str(y), "count": (y * 37) % 90 + 4, "on": y > 2018} for y in years],
        "page_obj": Paginator(range(400), 20).page(7),
        "icons": re.findall(r'id="(\w+)"', ICONS.read_text()),
    }
