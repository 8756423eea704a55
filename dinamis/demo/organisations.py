# SPDX-License-Identifier: AGPL-3.0-or-later
"""The organisations of the demonstration, all invented, and how far each has come in joining DINAMIS."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dinamis.accounts.services.organisation import OrganisationData
from dinamis.demo.siret import invented_siret
from licensing.enums import AdhesionState, EligibilityClass, Purpose
from licensing.services.filing import LegalRepresentative

FRENCH = EligibilityClass.FRENCH_INSTITUTIONAL
FOREIGN = EligibilityClass.FOREIGN_SCIENTIFIC
PRIVATE = EligibilityClass.PRIVATE


@dataclass(frozen=True)
class Member:
    """Somebody in the background: name, address, and days since the request; `active` = activated by the référent."""

    name: str
    email: str
    days: int
    motivation: str
    active: bool = True


@dataclass(frozen=True)
class Cast:
    """An organisation of the play. `days` since its form was opened; `until` is the state it is left in.

    `referent` is (name, address); `words` the moderator's reason; `ends_in` the days its project still lasts;
    `evidence` the title of the document attached; `changes` what a moderator asks of each field; `successor` signed as
    the next legal representative and waits for the office.
    """

    key: str
    data: OrganisationData
    eligibility_class: EligibilityClass
    representative: LegalRepresentative
    referent: tuple[str, str]
    mission: str
    days: int
    until: AdhesionState
    words: str = ""
    members: tuple[Member, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    ends_in: int = 0
    evidence: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)
    successor: LegalRepresentative | None = None


def _french(number: int, name: str, acronym: str, sector: str, city: str) -> OrganisationData:
    return OrganisationData(
        name=name, acronym=acronym, siret=invented_siret(number), sector=sector, city=city, country="FR"
    )


ORGANISATIONS: tuple[Cast, ...] = (
    Cast(
        key="estuaire",
        data=_french(1101, "Université de l’Estuaire", "UEST", "Enseignement supérieur et recherche", "Port-Brume"),
        eligibility_class=FRENCH,
        representative=LegalRepresentative("Hélène Vasseur", "helene.vasseur@univ-estuaire.example", "Présidente"),
        referent=("Rémi Caron", "remi.caron@univ-estuaire.example"),
        mission="Recherche et enseignement sur les estuaires, les vasières et le trait de côte.",
        evidence="Décret de création de l’université",
        days=430,
        until=AdhesionState.APPROVED,
        words="Établissement public d’enseignement supérieur : dossier complet.",
        members=(
            Member(
                "Alice Martin",
                "alice.martin@univ-estuaire.example",
                402,
                "Suivi des vasières de l’estuaire, laboratoire des milieux littoraux.",
            ),
            Member(
                "Yann Prigent",
                "yann.prigent@univ-estuaire.example",
                2,
                "Doctorant : cartographie des herbiers à partir d’images très haute résolution.",
                active=False,
            ),
        ),
    ),
    Cast(
        key="saintes_iles",
        data=_french(1207, "Observatoire volcanologique des Saintes-Îles", "OVSI", "Recherche", "Morne-aux-Brises"),
        eligibility_class=FRENCH,
        representative=LegalRepresentative("Sylvère Montout", "sylvere.montout@obs-saintes-iles.example", "Directeur"),
        referent=("Inès Delacour", "ines.delacour@obs-saintes-iles.example"),
        mission="Surveillance des volcans et des mouvements de terrain des Petites Antilles.",
        evidence="Arrêté de création de l’observatoire",
        days=310,
        until=AdhesionState.APPROVED,
        words="Observatoire public : mission de service public établie.",
        members=(
            Member(
                "Charlie Bertin",
                "charlie.bertin@obs-saintes-iles.example",
                290,
                "Suivi morphologique des dômes et des coulées.",
            ),
        ),
    ),
    Cast(
        key="littoral",
        data=_french(1313, "Agence du littoral normand", "ALN", "Action territoriale", "Sainte-Honorine-des-Grèves"),
        eligibility_class=FRENCH,
        representative=LegalRepresentative("Aubin Lecarpentier", "aubin.lecarpentier@aln.example", "Directeur général"),
        referent=("Bastien Leroux", "bastien.leroux@aln.example"),
        mission="Observation de l’érosion et appui aux communes littorales.",
        evidence="Statuts de l’agence",
        days=720,
        until=AdhesionState.APPROVED,
        words="Établissement public local : statuts joints, mission de service public.",
        members=(Member("Mona Quéré", "mona.quere@aln.example", 690, "Atlas annuel des plages et des dunes."),),
        successor=LegalRepresentative("Maëlle Kerdoncuff", "maelle.kerdoncuff@aln.example", "Directrice générale"),
    ),
    Cast(
        key="quito_nord",
        data=OrganisationData(
            name="Instituto de Vulcanología de Quito-Norte",
            acronym="IVQN",
            country="EC",
            sector="Recherche",
            city="Quito",
        ),
        eligibility_class=FOREIGN,
        representative=LegalRepresentative(
            "Rodrigo Salvatierra", "rodrigo.salvatierra@iv-quito-nord.example", "Director"
        ),
        referent=("Lucía Paredes", "lucia.paredes@iv-quito-nord.example"),
        mission="Joint study of lahars with the Observatoire volcanologique des Saintes-Îles.",
        evidence="Letter of the French partner",
        days=210,
        until=AdhesionState.APPROVED,
        words="Coopération avec un organisme français adhérent, avis favorables du CNES et d’Airbus DS.",
        answers={
            "project_title": "Lahars of the northern Andes",
            "cooperation": "Joint mapping of lahar paths; the French partner models the flows, we survey them.",
            "partner": "Observatoire volcanologique des Saintes-Îles",
            "partner_number": invented_siret(1207),
            "nationality_condition": "yes",
            "nationality_source": "Register of the partner’s exchange agreement",
        },
        ends_in=500,
    ),
    Cast(
        key="geoconseil",
        data=_french(1427, "GéoConseil SARL", "", "Bureau d’études", "Valmeyrac"),
        eligibility_class=PRIVATE,
        representative=LegalRepresentative("Bruno Castelnou", "bruno.castelnou@geoconseil.example", "Gérant"),
        referent=("Nadia Ferrand", "nadia.ferrand@geoconseil.example"),
        mission="Cartographie de l’occupation du sol pour une collectivité.",
        evidence="Acte d’engagement du marché 2026-AO-117",
        days=95,
        until=AdhesionState.APPROVED,
        words="Marché public vérifié : accès limité au contrat.",
        answers={
            "project_title": "Occupation du sol de la baie",
            "project_purpose": Purpose.PUBLIC_ORDER,
            "contract": "2026-AO-117",
            "partner": "Agence du littoral normand",
        },
        ends_in=200,
    ),
    Cast(
        key="armor",
        data=_french(2159, "Relevés d’Armor SARL", "", "Bureau d’études", "Port-Brume"),
        eligibility_class=PRIVATE,
        representative=LegalRepresentative("Yves Kermadec", "yves.kermadec@releves-armor.example", "Gérant"),
        referent=("Gwenaël Le Dantec", "gwenael.ledantec@releves-armor.example"),
        mission="Relevé des digues et des ouvrages côtiers pour une agence publique.",
        evidence="Acte d’engagement du marché 2026-AO-041",
        days=240,
        until=AdhesionState.APPROVED,
        words="Marché public vérifié : accès limité au contrat.",
        answers={
            "project_title": "Relevé des digues de la baie",
            "project_purpose": Purpose.PUBLIC_ORDER,
            "contract": "2026-AO-041",
            "partner": "Agence du littoral normand",
        },
        ends_in=-10,
    ),
    Cast(
        key="douce_amere",
        data=_french(1531, "Syndicat mixte de la Douce-Amère", "SMDA", "Action territoriale", "Pont-l’Aulne"),
        eligibility_class=FRENCH,
        representative=LegalRepresentative("Odette Marchadier", "odette.marchadier@douce-amere.example", "Présidente"),
        referent=("Lucas Frémont", "lucas.fremont@douce-amere.example"),
        mission="Gestion des milieux aquatiques et prévention des inondations.",
        evidence="Délibération du comité syndical",
        days=12,
        until=AdhesionState.IN_REVIEW,
    ),
    Cast(
        key="sel_sur_brume",
        data=_french(1637, "Commune de Sel-sur-Brume", "", "Collectivité territoriale", "Sel-sur-Brume"),
        eligibility_class=FRENCH,
        representative=LegalRepresentative("Maëlle Kervran", "maelle.kervran@sel-sur-brume.example", "Maire"),
        referent=("Théo Masselin", "theo.masselin@sel-sur-brume.example"),
        mission="Suivi du recul de la dune et du plan de submersion.",
        days=4,
        until=AdhesionState.AWAITING_SIGNATURE,
    ),
    Cast(
        key="haut_causse",
        data=_french(1741, "Laboratoire des sols du Haut-Causse", "LSHC", "Recherche", "Saint-Alban-du-Causse"),
        eligibility_class=FRENCH,
        representative=LegalRepresentative("Firmin Delpuech", "firmin.delpuech@haut-causse.example", "Directeur"),
        referent=("Salomé Vidalenc", "salome.vidalenc@haut-causse.example"),
        mission="Érosion des sols et pratiques agricoles.",
        days=38,
        until=AdhesionState.SUBMITTED,
    ),
    Cast(
        key="val_niger",
        data=OrganisationData(
            name="Institut sahélien de cartographie du Val-Niger",
            acronym="ISCV",
            country="NE",
            sector="Recherche",
            city="Niamey",
        ),
        eligibility_class=FOREIGN,
        representative=LegalRepresentative("Hamidou Garbazé", "hamidou.garbaze@val-niger.example", "Directeur"),
        referent=("Aïssata Mounkeïla", "aissata.mounkeila@val-niger.example"),
        mission="Cartographie des terres irriguées de la vallée du Niger.",
        days=26,
        until=AdhesionState.CHANGES_REQUESTED,
        words="Nommez l’organisme français avec lequel vous coopérez et joignez sa lettre.",
        changes={
            "partner": "Quel organisme français, exactement ?",
            "nationality_condition": "La condition de nationalité doit être vérifiée auprès de votre tutelle.",
            "evidence": "Joignez la lettre du partenaire français.",
        },
        answers={
            "project_title": "Terres irriguées du Niger",
            "cooperation": "Cartographie annuelle des périmètres irrigués.",
            "partner": "à préciser",
            "nationality_condition": "unknown",
        },
        ends_in=700,
    ),
    Cast(
        key="orbital",
        data=_french(1847, "Orbital Négoce SAS", "", "Commerce", "Lyre-la-Plaine"),
        eligibility_class=PRIVATE,
        representative=LegalRepresentative("Gaspard Thévenard", "gaspard.thevenard@orbital.example", "Président"),
        referent=("Clara Bonnefoi", "clara.bonnefoi@orbital.example"),
        mission="Vente d’analyses d’images à des investisseurs.",
        evidence="Extrait du registre du commerce",
        days=60,
        until=AdhesionState.REFUSED,
        words="Usage commercial : hors du cadre de DINAMIS, qui couvre la commande publique et la R&D propre.",
        answers={
            "project_title": "Indices de fréquentation",
            "project_purpose": Purpose.OWN_RESEARCH,
        },
        ends_in=300,
    ),
    Cast(
        key="trois_vallons",
        data=_french(1951, "Parc naturel des Trois-Vallons", "PNTV", "Action territoriale", "Aigues-Hautes"),
        eligibility_class=FRENCH,
        representative=LegalRepresentative("Irénée Chastagnol", "irenee.chastagnol@trois-vallons.example", "Président"),
        referent=("Paul Estève", "paul.esteve@trois-vallons.example"),
        mission="Suivi des forêts et de la fréquentation des crêtes.",
        evidence="Charte du parc",
        days=560,
        until=AdhesionState.SUSPENDED,
        words="Une image a été mise en ligne sans mention obligatoire : droits suspendus le temps de l’enquête.",
    ),
    Cast(
        key="valmeyrac",
        data=_french(2053, "École de géomatique de Valmeyrac", "EGV", "Enseignement supérieur", "Valmeyrac"),
        eligibility_class=FRENCH,
        representative=LegalRepresentative("", "", ""),
        referent=("Jeanne Auclerc", "jeanne.auclerc@geomatique-valmeyrac.example"),
        mission="",
        days=1,
        until=AdhesionState.DRAFT,
    ),
)
