//! One case for each rule of Dockerfiles and ignore files.

use std::collections::BTreeMap;

use super::Case;

/// The files of most cases.
const FILES: [&str; 11] =
    ["a", "b.txt", "c.md", "d/a", "d/b.txt", "d/e/f.txt", "d/e/g.md", "lib-amd64/x", "lib-arm64/x", "x y", "z/[1]"];

/// A name, and a Dockerfile of which only variables, stages and instructions matter.
const DOCKERFILES: &[(&str, &str)] = &[
    ("a file", "FROM scratch\nCOPY a /\n"),
    ("several sources", "FROM scratch\nCOPY a b.txt d/e /x/\n"),
    ("a directory", "FROM scratch\nCOPY d /\n"),
    ("a directory with a slash", "FROM scratch\nCOPY ./d/ /\n"),
    ("all", "FROM scratch\nCOPY . /\n"),
    ("the root", "FROM scratch\nCOPY / /\n"),
    ("all by an empty word", "FROM scratch\nCOPY \"\" /x/\n"),
    ("a way out and back in", "FROM scratch\nCOPY ../../d/../a /\n"),
    ("a path with a slash", "FROM scratch\nCOPY /d/a /\n"),
    ("a star", "FROM scratch\nCOPY *.txt /x/\n"),
    ("a star in a directory", "FROM scratch\nCOPY d/*.txt /x/\n"),
    ("a star for a directory", "FROM scratch\nCOPY d/* /x/\n"),
    ("a star for a part", "FROM scratch\nCOPY d/*/f.txt /x/\n"),
    ("a question mark", "FROM scratch\nCOPY ? /x/\n"),
    ("a class", "FROM scratch\nCOPY [ab]* /x/\n"),
    ("a class that is not", "FROM scratch\nCOPY d/[^a]* /x/\n"),
    ("two stars", "FROM scratch\nCOPY **/a /x/\n"),
    ("two stars and an end", "FROM scratch\nCOPY **.md /x/\n"),
    ("two stars inside", "FROM scratch\nCOPY d/**/f.txt /x/\n"),
    ("an escaped bracket", "FROM scratch\nCOPY z/\\\\[1] /x/\n"),
    ("a source that is not there", "FROM scratch\nCOPY none* a /x/\n"),
    ("JSON", "FROM scratch\nCOPY [\"x y\", \"d\\u002fa\", \"/x/\"]\n"),
    ("quotes", "FROM scratch\nCOPY \"a\" 'b'.txt /x/\n"),
    ("an escaped space", "FROM scratch\nENV X=x\\ y\nCOPY \"$X\" /x/\n"),
    ("flags", "FROM scratch\nCOPY --chown=1:1 --chmod=700 --link a /\n"),
    ("quoted flags", "FROM scratch AS b\nCOPY d /\nFROM scratch\nCOPY --from=\"b\" /a /\n"),
    ("the end of flags", "FROM scratch\nCOPY -- a /\n"),
    ("ADD", "FROM scratch\nADD a /\n"),
    ("ADD of a directory that looks like a host", "FROM scratch\nADD github.com/acme/web a /x/\n"),
    ("lower case", "from scratch as Build\ncopy a /\nfrom scratch\ncopy --from=BUILD a /\n"),
    ("continued lines", "FROM scratch\nCOPY a \\\n\n# COPY c.md\n  # more\n  b.txt \\  \n /x/\n"),
    ("no continuation", "FROM scratch\nLABEL x=y\\\\\nCOPY a /\n"),
    ("a line that is only continued", "FROM scratch\n\\\nCOPY a /\n"),
    ("a comment inside of a word", "FROM scratch\nCOPY a#b a /x/\n"),
    ("carriage returns", "FROM scratch\r\nCOPY a \\\r\n b.txt /x/\r\n"),
    ("a byte order mark", "\u{feff}FROM scratch\nCOPY a /\n"),
    ("another escape", "# escape=`\nFROM scratch\nCOPY d\\a a `\n b.txt /x/\n"),
    ("an escape behind a comment", "# x\n# escape=`\nFROM scratch\nCOPY a \\\n b.txt /x/\n"),
    ("no end of line", "FROM scratch\nCOPY a /"),
    ("a heredoc", "FROM scratch\nCOPY <<EOF /x\nCOPY c.md /\nEOF\nCOPY a /\n"),
    ("two heredocs and a file", "FROM scratch\nCOPY <<A <<'B' a /x/\nCOPY c.md /\nA\nCOPY d /\nB\n"),
    ("a heredoc with tabs", "FROM scratch\nCOPY <<-EOF /x\n\tCOPY c.md /\n\tEOF\nCOPY a /\n"),
    ("a heredoc whose end has tabs in vain", "FROM scratch\nCOPY <<EOF /x\n\tEOF\nCOPY c.md /\nEOF\nCOPY a /\n"),
    ("a heredoc of RUN", "FROM some/image:1\nCOPY b.txt /\nRUN <<EOF\nCOPY c.md /\nEOF\nCOPY a /\n"),
    ("a heredoc with a number", "FROM some/image:1\nCOPY b.txt /\nRUN 3<<EOF cat\nCOPY c.md /\nEOF\nCOPY a /\n"),
    ("no heredoc in quotes", "FROM some/image:1\nCOPY b.txt /\nRUN echo \"<<EOF\"\nCOPY a /\n"),
    ("no heredoc in JSON", "FROM some/image:1\nCOPY b.txt /\nRUN [\"<<EOF\"]\nCOPY a /\n"),
    ("no heredoc elsewhere", "FROM scratch\nLABEL x=<<EOF\nCOPY a /\n"),
    (
        "a heredoc behind a variable of bash",
        "FROM some/image:1\nCOPY b.txt /\nRUN ${x:0:1} <<EOF\nCOPY c.md /\nEOF\nCOPY a /\n",
    ),
    ("no heredoc behind an odd variable", "FROM some/image:1\nCOPY b.txt /\nRUN ${x^} <<EOF\nCOPY a /\n"),
    (
        "a heredoc under ONBUILD",
        "FROM scratch AS b\nONBUILD COPY <<EOF /x\nCOPY c.md /\nEOF\nCOPY a /\nFROM b\nCOPY d/a /\n",
    ),
    ("an argument", "FROM scratch\nARG X=a\nCOPY $X /\n"),
    ("an argument without a value", "FROM scratch\nARG X\nCOPY ${X}a /\n"),
    ("an argument that comes later", "FROM scratch\nCOPY ${X}a /\nARG X=d/\n"),
    ("several arguments", "FROM scratch\nARG X=d Y='b.txt'\nCOPY $X/$Y /\n"),
    ("a global argument", "ARG X=d\nFROM scratch\nARG X\nCOPY $X/a /\n"),
    ("a global argument that is not asked for", "ARG X=d/\nFROM scratch\nCOPY ${X}a /\n"),
    ("a global argument with another default", "ARG X=d\nFROM scratch\nARG X=d/e\nCOPY $X /\n"),
    ("a global argument of another", "ARG X=d\nARG Y=$X/e\nFROM scratch\nARG Y\nCOPY $Y /\n"),
    ("an argument of the stage below", "FROM scratch AS b\nARG X=d/\nFROM b\nCOPY ${X}a /\n"),
    ("an argument of another stage", "FROM scratch AS b\nARG X=d/\nFROM scratch\nCOPY ${X}a /\n"),
    ("the environment", "FROM scratch\nENV X=d Y=\"e\"\nCOPY $X/$Y /\n"),
    ("the environment in the old form", "FROM scratch\nENV X  d/e\nCOPY $X /\n"),
    ("the environment is set at once", "FROM scratch\nENV X=d\nENV X=x Y=$X\nCOPY $Y/a /\n"),
    ("the environment goes over arguments", "FROM scratch\nENV X=d\nARG X=x\nCOPY $X/a /\nENV X=d/e\nCOPY $X /\n"),
    ("a name in the environment", "FROM scratch\nENV N=X\nENV $N=d/e\nCOPY $X /\n"),
    ("a default in place of nothing", "FROM scratch\nENV E=\nCOPY ${E:-a} ${E-b.txt}c.md ${U-d} /x/\n"),
    ("an alternative", "FROM scratch\nENV E= X=x\nCOPY ${E:+d/}a ${E+d/}a ${X:+d/e} ${U+c.md}b.txt /x/\n"),
    ("an alternative in an alternative", "FROM scratch\nENV X=a\nCOPY ${U:-${V:-$X}} /\n"),
    ("a value that has to be", "FROM scratch\nENV X=a\nCOPY ${X:?no} ${X?no} /x/\n"),
    ("a value without its begin", "FROM scratch\nENV X=x.y.a\nCOPY ${X##*.} d/e${X#*a} /x/\n"),
    ("a value without its end", "FROM scratch\nENV X=a.b.c\nCOPY ${X%%.*} ${X%.*} /x/\n"),
    ("a value with another part", "FROM scratch\nENV X=b.md.md\nCOPY ${X/.md/.txt} ${X//.md/} /x/\n"),
    ("an escaped dollar", "FROM scratch\nENV X=d\nCOPY \\$X a /x/\n"),
    ("a dollar in single quotes", "FROM scratch\nENV X=d\nCOPY '$X' a /x/\n"),
    ("variables in JSON", "FROM scratch\nENV X=d\nCOPY [\"$X/a\", \"/x/\"]\n"),
    ("a platform", "FROM scratch\nARG TARGETARCH\nCOPY lib-$TARGETARCH/x /\n"),
    ("a stage that is not needed", "FROM scratch AS no\nCOPY d /\nFROM scratch\nCOPY a /\n"),
    ("a stage that is copied from", "FROM scratch AS b\nCOPY d /\nFROM scratch\nCOPY --from=b /a /\n"),
    ("a stage by its number", "FROM scratch\nCOPY d /\nFROM scratch\nCOPY c.md /\nFROM scratch\nCOPY --from=0 /a /\n"),
    ("a stage that others stand on", "FROM scratch AS b\nCOPY d /\nFROM b\nCOPY a /\n"),
    (
        "a stage by an argument",
        "ARG B=b\nFROM scratch AS b\nCOPY d /\nFROM scratch AS c\nCOPY c.md /\nFROM ${B}\nCOPY a /\n",
    ),
    ("two stages of one name", "FROM scratch AS b\nCOPY d /\nFROM scratch AS b\nCOPY c.md /\nFROM b\nCOPY a /\n"),
    ("an image", "FROM some/image:1\nCOPY a /\nCOPY --from=some/image:1 /first /\n"),
    ("a bind mount", "FROM some/image:1\nRUN --mount=type=bind,source=d,target=/x [\"/none\"]\n"),
    ("a bind mount by default", "FROM some/image:1\nRUN --mount=src=d/a,dst=/x --network=none [\"/none\"]\n"),
    ("a bind mount of all", "FROM some/image:1\nRUN --mount=type=bind,target=/x [\"/none\"]\n"),
    (
        "a bind mount of a stage",
        "FROM scratch AS b\nCOPY d /\nFROM some/image:1\nRUN --mount=from=b,target=/x [\"/none\"]\n",
    ),
    (
        "a bind mount by a variable",
        "FROM some/image:1\nARG X=d\nRUN --mount=type=bind,source=$X,target=/x [\"/none\"]\n",
    ),
    ("a bind mount in quotes", "FROM some/image:1\nRUN --mount=\"type=bind,source=x y,target=/x\" [\"/none\"]\n"),
    ("a cache mount", "FROM some/image:1\nCOPY a /\nRUN --mount=type=cache,target=/x [\"/none\"]\n"),
    ("a secret", "FROM some/image:1\nCOPY a /\nRUN --mount=type=secret,id=d,target=/x [\"/none\"]\n"),
    ("ONBUILD", "FROM scratch AS b\nONBUILD COPY d /\nCOPY a /\nFROM b\nCOPY c.md /\n"),
    ("ONBUILD that nothing stands on", "FROM scratch\nONBUILD COPY d /\nCOPY a /\n"),
    (
        "ONBUILD is for one stage",
        "FROM scratch AS b\nONBUILD ARG X=d/\nONBUILD COPY d/b.txt /\nCOPY a /\nFROM b AS c\nFROM c\nCOPY ${X}e /\n",
    ),
    ("no FROM", "COPY a /\n"),
    ("an unknown instruction", "FROM scratch\nFETCH d\nCOPY a /\n"),
    ("a heredoc without an end", "FROM scratch\nCOPY <<EOF /x\nCOPY a /\n"),
];

/// A name and an ignore file, with which all is copied.
const IGNORED: &[(&str, &str)] = &[
    ("nothing", ""),
    ("a file", "a"),
    ("a directory", "d"),
    ("a directory with a slash", "d/"),
    ("a path from the root", "/d/e"),
    ("a path by a way round", "./d/../d//e"),
    ("a star", "*.md"),
    ("a star in a directory", "d/*"),
    ("a star for a part", "*/a"),
    ("two stars", "**/*.md"),
    ("two stars without a slash", "**.txt"),
    ("two stars at the end", "d/**"),
    ("two stars alone", "**"),
    ("a question mark", "?"),
    ("a class", "[a-c]*"),
    ("an escaped star", "\\*"),
    ("an exception", "d\n!d/e"),
    ("an exception of a file below", "*\n!d/e/f.txt"),
    ("an exception by a pattern", "**\n!**/*.txt"),
    ("an exception before", "!d/e\nd"),
    ("an exception with spaces", "*\n !  d/a  "),
    ("an exception from the root", "*\n!/a"),
    ("an exception of a directory that another part ignores", "*/e\n!d"),
    ("an exception of an exception", "*\n!d\nd/e\n!d/e/g.md"),
    ("comments and empty lines", "# a\n\n  \n#b\na\n # c.md\n"),
    ("a comment that is none", " #a\nc.md"),
    ("carriage returns", "a\r\nc.md\r\n"),
    ("a byte order mark", "\u{feff}a\n"),
    ("the context itself", "."),
    ("what lies outside", "../a"),
    ("a path with a space", "x y"),
    ("an escaped bracket", "z/\\[1]"),
    ("a bad pattern", "[a"),
    ("an exception of nothing", "a\n!"),
];

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    let files: Vec<String> = FILES.iter().map(|file| (*file).to_owned()).collect();
    let images = vec!["some/image:1".to_owned()];
    let base = Case { files, images, ..Case::default() };
    let text = |text: &str| Some(text.to_owned());
    let mut cases: Vec<Case> = DOCKERFILES
        .iter()
        .map(|(name, file)| Case { name: (*name).to_owned(), dockerfile: (*file).to_owned(), ..base.clone() })
        .collect();
    let ignored = IGNORED.iter().map(|(name, ignore)| Case {
        name: format!("ignored: {name}"),
        dockerfile: "FROM scratch\nCOPY . /\n".to_owned(),
        ignore: text(ignore),
        ..base.clone()
    });
    cases.extend(ignored);
    cases.extend(others(&base));
    // What an image sets is not known, nor which platform is built for.
    let wider = ["a variable of an image", "a platform", "another escape"];
    for case in &mut cases {
        case.may_widen = wider.contains(&&*case.name);
    }
    cases
}

/// Cases of links, arguments, targets and two ignore files.
fn others(base: &Case) -> Vec<Case> {
    let named = |name: &str, dockerfile: &str| Case {
        name: name.to_owned(),
        dockerfile: dockerfile.to_owned(),
        ..base.clone()
    };
    let of = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    let stages = "FROM scratch AS one\nCOPY a /\nFROM scratch AS two\nCOPY d/a /\nFROM one\nCOPY c.md /\n";
    let links = of(&[
        ("l", "d"),
        ("up", "./d/../d/e"),
        ("root", "/d/e"),
        ("loop", "loop"),
        ("gone", "no"),
        ("d/x", "../b.txt"),
    ]);
    let linked = |name: &str, dockerfile: &str| Case { links: links.clone(), ..named(name, dockerfile) };
    vec![
        Case { arguments: of(&[("X", "d")]), ..named("a given argument", "FROM scratch\nARG X=a\nCOPY $X /\n") },
        Case {
            arguments: of(&[("X", "d")]),
            ..named("a given argument that is not asked for", "FROM scratch\nCOPY ${X}a /\n")
        },
        Case { arguments: of(&[("X", "")]), ..named("an empty argument", "FROM scratch\nARG X=d/\nCOPY ${X}a /\n") },
        Case {
            arguments: of(&[("B", "two")]),
            ..named("a stage by a given argument", &format!("ARG B=one\n{stages}FROM $B\n"))
        },
        Case {
            arguments: of(&[("TARGETARCH", "arm64")]),
            ..named("a given platform", "FROM scratch\nARG TARGETARCH\nCOPY lib-$TARGETARCH /\n")
        },
        Case { target: text("two"), ..named("a target", stages) },
        Case { target: text("ONE"), ..named("a target in upper case", stages) },
        Case { target: text("none"), ..named("a target that is not there", stages) },
        Case {
            ignore: text("a"),
            own_ignore: text("d"),
            ..named("the ignore file beside the Dockerfile", "FROM scratch\nCOPY . /\n")
        },
        Case {
            ignore: text("a"),
            own_ignore: text(""),
            ..named("an empty ignore file beside the Dockerfile", "FROM scratch\nCOPY . /\n")
        },
        Case { ignore: text("d/a"), ..named("an ignored source", "FROM scratch\nCOPY d a /\n") },
        named("a variable of an image", "FROM some/image:1\nCOPY ${X}a /\n"),
        named("an argument over an image", "FROM some/image:1\nARG X=d\nCOPY $X/a /\n"),
        linked("a link to a directory", "FROM scratch\nCOPY l /\n"),
        linked("below a link", "FROM scratch\nCOPY l/e/f.txt /\n"),
        linked("a link by a way round", "FROM scratch\nCOPY up/f.txt /\n"),
        linked("a link from the root", "FROM scratch\nCOPY root/f.txt /\n"),
        linked("a link to itself", "FROM scratch\nCOPY loop a /\n"),
        linked("a link to nothing", "FROM scratch\nCOPY gone a /\n"),
        linked("a link below a star", "FROM scratch\nCOPY d/x* /\n"),
        linked("a star for links", "FROM scratch\nCOPY */f.txt /\n"),
        linked("all with links", "FROM scratch\nCOPY d /\n"),
        Case { ignore: text("d/e"), ..linked("an ignored end of a link", "FROM scratch\nCOPY root a /\n") },
    ]
}
