use proptest::prelude::*;

use super::*;

fn mask(secrets: &[&str]) -> Mask {
    let mask = Mask::default();
    for secret in secrets {
        mask.hide(secret);
    }
    mask
}

/// Returns the masked output for these pieces.
fn through(mask: &Mask, pieces: &[&[u8]]) -> String {
    let mut masked = Masked::new(mask.clone());
    let mut out: Vec<u8> = pieces.iter().flat_map(|piece| masked.push(piece)).collect();
    out.extend(masked.finish());
    String::from_utf8(out).unwrap()
}

#[test]
fn a_secret_is_replaced_in_all_the_ways_that_files_write_it() {
    let mask = mask(&["hunter2", "a\"b\\c", "first line\nsecond line\r\n", "  padded  "]);
    for (text, masked) in [
        ("x=hunter2;hunter2hunter2", "x=***;******"),
        (r#"{"k": "a\"b\\c"} a"b\c"#, r#"{"k": "***"} ***"#),
        ("first line\nsecond line", "***"),
        ("second line\nfirst line", "***\n***"),
        (r"first line\nsecond line\r\n", r"***\r\n"),
        ("padded", "***"),
        ("hunter1", "hunter1"),
    ] {
        assert_eq!(mask.text(text), masked);
    }
}

#[test]
fn what_stands_everywhere_is_no_secret() {
    assert_eq!(
        mask(&["", "a", "abc", "true", "false", "null", "\n"]).text("abc true false null"),
        "abc true false null"
    );
}

#[test]
fn what_is_part_of_a_public_word_is_no_secret() {
    let mask = mask(&["backend", "front", "hunter2", "backend-key"]);
    assert!(!mask.is_part_of_word());
    mask.publish(["backend", "frontend", "failed"].map(str::to_owned));
    assert!(mask.is_part_of_word() && !mask.is_part_of_word());
    mask.hide("failed");
    assert!(mask.is_part_of_word());
    mask.hide("hidden");
    assert!(!mask.is_part_of_word());
    assert_eq!(mask.text("backend frontend failed hunter2 hidden backend-key"), "backend frontend failed *** *** ***");
}

#[test]
fn secrets_that_overlap_have_one_mask() {
    let mask = mask(&["abcdef", "cdefgh", "efghij", "aaaa"]);
    assert_eq!(mask.text("-abcdefghij-"), "-***-");
    assert_eq!(through(&mask, &[b"-abcd", b"efg", b"hi", b"j-"]), "-***-");
    assert_eq!(through(&mask, &[b"aaaaaa", b"aaaa", b"aab"]), "***b");
}

#[test]
fn nothing_is_held_that_can_be_no_secret() {
    let mut masked = Masked::new(mask(&["hunter2"]));
    assert_eq!(masked.push(b"password: hun"), b"password: ");
    assert_eq!(masked.push(b"ger\nh"), b"hunger\n");
    assert_eq!(masked.push(b"unter2h"), b"***");
    assert_eq!(masked.finish(), b"h");
}

#[test]
fn a_build_tells_secrets_of_its_own() {
    let mask = Mask::default();
    let out = through(
        &mask,
        &[b"one s3cret\n ::add-ma", b"sk::s3c", b"ret\r\nx ::add-mask::other\nother s3cret\n::add-mask::last"],
    );
    assert_eq!(out, "one s3cret\n ::add-mask::***\r\nx ::add-mask::other\nother ***\n::add-mask::***");
    assert_eq!(mask.declared(), ["s3cret", "last"]);
    assert_eq!(mask.declared(), Vec::<String>::new());
    assert_eq!(mask.text("s3cret"), "***");
    through(&mask, &[b"::add-mask::100%25%0Aline two\n"]);
    assert_eq!(mask.text("100%\nline two, line two"), "***, ***");
}

proptest! {
    #[test]
    fn pieces_change_nothing(
        text in "[abc\n]{0,40}",
        secrets in prop::collection::vec("[abc]{4,7}", 0..4),
        cuts in prop::collection::vec(0_usize..40, 0..6),
    ) {
        let mask = Mask::default();
        for secret in &secrets {
            mask.hide(secret);
        }
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text.as_bytes()[pair[0]..pair[1]]).collect();
        prop_assert_eq!(through(&mask, &pieces), mask.text(&text));
        for secret in &secrets {
            prop_assert!(!mask.text(&text).contains(secret.as_str()));
        }
    }
}
