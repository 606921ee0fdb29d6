"""Scripts lose the comments that have lines to themselves, and nothing else."""

from punchcard.web.pages import assets


def test_what_only_looks_like_a_comment_stays() -> None:
    script = 'const a = "https://x"; // said\n/** two\n lines */\n  // one\n/* b */ b(); /* c */\n'
    assert assets.without_comments(script) == (
        'const a = "https://x"; // said\n\n\n\n/* b */ b(); /* c */\n'
    )


def test_no_text_in_a_script_spans_lines() -> None:
    scripts = [assets.STATIC / name for name in assets.names("js/")]
    assert len(scripts) > 30
    lines = [
        f"{path.name}: {line}"
        for path in scripts
        for line in assets.without_comments(path.read_text(encoding="utf-8")).splitlines()
        if line.count("`") % 2
    ]
    assert lines == []
