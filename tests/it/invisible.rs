//! The characters that nobody sees, by the original: node's tables of Unicode.

use std::process::Command;

use rebake::model::name::Escaped;

/// Prints each character that Unicode calls invisible, one a line, in hexadecimal.
const SCRIPT: &str = r"
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]/u;
for (let point = 0x100; point <= 0x10ffff; point++)
  if ((point < 0xd800 || point > 0xdfff) && invisible.test(String.fromCodePoint(point))) console.log(point.toString(16));
";

#[test]
#[ignore = "needs node"]
fn what_nobody_sees_is_escaped_and_nothing_else() {
    let output = Command::new("node").args(["-e", SCRIPT]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    let escaped = |c: &char| Escaped::new(&c.to_string()).to_string() != c.to_string();
    let ours: Vec<String> = ('\u{100}'..=char::MAX).filter(escaped).map(|c| format!("{:x}", u32::from(c))).collect();
    assert_eq!(ours, theirs);
    assert!(theirs.len() > 4000, "{}", theirs.len());
}
