# SPDX-License-Identifier: AGPL-3.0-or-later
"""The checks that are our own."""

import subprocess

from dinamis.embedded import checks

HOST = ".".join(("registry", "npm" + "js", "org"))


def test_file_that_names_a_package_server_is_found(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "package-lock.json").write_text(f'{{\n "resolved": "https://{HOST}/htmx"\n}}\n')
    (tmp_path / "notes.md").write_text("Debian packages, an npm lock, a page of PyPI.\n")
    (tmp_path / "untracked.txt").write_text(HOST)
    subprocess.run(["git", "-C", tmp_path, "add", "package-lock.json", "notes.md"], check=True)

    assert checks.named_hosts(tmp_path) == f'package-lock.json:2: "resolved": "https://{HOST}/htmx"'


def test_untranslated_and_doubtful_messages_are_found(tmp_path):
    folder = tmp_path / "dinamis/locale/fr/LC_MESSAGES"
    folder.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    entries = (
        'msgid "Order"\nmsgstr "Commande"\n\nmsgid "Held"\nmsgstr ""\n\n#, fuzzy\nmsgid "Pool"\nmsgstr "Piscine"\n'
    )
    (folder / "django.po").write_text(header + entries)

    assert checks.untranslated(tmp_path).splitlines() == [
        'dinamis/locale/fr/LC_MESSAGES/django.po --untranslated: "Held"',
        'dinamis/locale/fr/LC_MESSAGES/django.po --only-fuzzy: "Pool"',
    ]


def test_failure_without_words_still_fails(tmp_path):
    assert checks.words_of_failure(checks.output(["false"], tmp_path)) == "exit code 1"
    assert checks.words_of_failure(checks.output(["true"], tmp_path)) == ""
