use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::process::{Command, Stdio};
use std::time::Instant;

use std::time::Duration;

use std::fs::Permissions;

use super::*;

/// Returns a temporary directory, the path of a repository in it, and the path of a directory beside the repository.
/// The latter has the file `precious`, which must not be overwritten.
fn repository() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let top = tempfile::tempdir().unwrap();
    let (inside, outside) = (top.path().join("repository"), top.path().join("outside"));
    fs::create_dir_all(inside.join(".git/rebake")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "precious").unwrap();
    (top, inside, outside)
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn no_link_of_a_repository_is_followed() {
    let (_top, inside, outside) = repository();
    symlink(outside.join("precious"), inside.join("file")).unwrap();
    symlink(&outside, inside.join("folder")).unwrap();
    symlink(outside.join("new"), inside.join("nowhere")).unwrap();
    symlink("/dev/null", inside.join("device")).unwrap();
    fs::create_dir(inside.join("logs")).unwrap();
    for path in ["file", "folder/precious", "folder/new", "nowhere", "device", "logs/../file", "folder/../precious"] {
        for write in [replace, append, |path: &Path, _: &str| check(path).map(drop)] {
            let error = write(&inside.join(path), "text").unwrap_err().to_string();
            assert!(error.contains("is a symbolic link in a repository"), "{path}: {error}");
        }
    }
    create(&inside.join("file")).unwrap_err();
    make_directory(&inside.join("folder/new")).unwrap_err();
    assert_eq!(fs::read_to_string(outside.join("precious")).unwrap(), "precious");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn links_of_the_machine_are_followed_and_stay() {
    let (top, inside, outside) = repository();
    symlink(&inside, top.path().join("home")).unwrap();
    symlink("outside/precious", top.path().join("file")).unwrap();
    symlink("outside/new", top.path().join("new")).unwrap();
    replace(&top.path().join("home/report"), "1").unwrap();
    assert_eq!(fs::read_to_string(inside.join("report")).unwrap(), "1");
    // No repository can commit a link inside `.git`.
    symlink(outside.join("precious"), inside.join(".git/rebake/file")).unwrap();
    for link in [top.path().join("file"), inside.join(".git/rebake/file"), top.path().join("new")] {
        replace(&link, "2\n").unwrap();
        append(&link, "3").unwrap();
        assert_eq!(fs::read_to_string(&link).unwrap(), "2\n3");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
    assert_eq!(fs::read_to_string(outside.join("precious")).unwrap(), "2\n3");
}

#[test]
fn a_regular_file_is_replaced_whole_and_keeps_its_mode() {
    let (_top, inside, _) = repository();
    let file = inside.join("report");
    replace(&file, "first").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let before = File::open(&file).unwrap();
    replace(&file, "2").unwrap();
    assert_eq!(io::read_to_string(before).unwrap(), "first");
    assert_eq!(fs::read_to_string(&file).unwrap(), "2");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // The last line has no line break yet.
    append(&file, "3\n").unwrap();
    append(&file, "4").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "2\n3\n4");
    for refused in [&*inside, &inside.join("no/such")] {
        check(refused).map(drop).unwrap_err();
        replace(refused, "x").unwrap_err();
    }
    assert_eq!(fs::read_dir(&inside).unwrap().count(), 2, "nothing is left beside it");
}

#[test]
fn devices_get_the_text_and_stay_devices() {
    for (device, taken) in [("/dev/null", true), ("/dev/full", false)] {
        let device = Path::new(device);
        check(device).map(drop).unwrap();
        for write in [replace, append] {
            assert_eq!(write(device, "text").is_ok(), taken, "{}", device.display());
        }
        assert!(fs::metadata(device).unwrap().file_type().is_char_device());
        assert_eq!(open(device).unwrap_err().to_string(), "this is not a regular file");
    }
}

#[test]
fn a_fifo_is_written_to_its_reader_and_never_waited_for() {
    let (top, _, _) = repository();
    let path = top.path().join("fifo");
    fifo(&path);
    let began = Instant::now();
    assert_eq!(open(&path).unwrap_err().to_string(), "this is not a regular file");
    assert_eq!(check(&path).map(drop).unwrap_err().to_string(), "nothing reads it");
    create(&path).unwrap_err();
    assert_eq!(replace(&path, "x").unwrap_err().to_string(), "nothing reads it");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    // The text is larger than the buffer of a pipe, so it is written in pieces.
    let text = "x".repeat(1 << 20);
    let reader = Command::new("cat").arg(&path).stdout(Stdio::piped()).spawn().unwrap();
    let read = std::thread::spawn(|| reader.wait_with_output().unwrap().stdout.len());
    // A check before the write does not end the reader's input.
    let held = check(&path).unwrap();
    replace(&path, &text).unwrap();
    drop(held);
    assert_eq!(read.join().unwrap(), text.len());
    assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
}

#[test]
fn a_reader_that_goes_away_has_seen_enough() {
    let (top, _, _) = repository();
    let path = top.path().join("fifo");
    fifo(&path);
    let mut reader = Command::new("head").args(["-c", "1"]).arg(&path).stdout(Stdio::null()).spawn().unwrap();
    replace(&path, &"x".repeat(1 << 20)).unwrap();
    reader.wait().unwrap();
}
