//! The packages for macOS and Windows, made on this machine of stand-ins for Herokey's programs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const VERSION: &str = "1.2.3";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

fn write_program(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The paths below `folder`, sorted. A link is shown with its target.
fn files(folder: &Path) -> Vec<String> {
    let listed = run(Command::new("find")
        .arg(folder)
        .args(["-type", "f", "-printf", "%m %P\n", "-o"])
        .args(["-type", "l", "-printf", "%P -> %l\n"]));
    let mut files: Vec<_> = listed.lines().map(str::to_owned).collect();
    files.sort();
    files
}

#[test]
fn the_installer_for_windows_is_signed() {
    let folder = tempfile::tempdir().unwrap();
    let [programs, temporary, made] = ["programs", "temporary", "made"].map(|name| folder.path().join(name));
    for folder in [&programs, &temporary] {
        fs::create_dir(folder).unwrap();
    }
    // makensis makes programs for Windows of nothing.
    let script = folder.path().join("stand-in.nsi");
    fs::write(&script, "Unicode true\nTarget amd64-unicode\nOutFile \"${OUTPUT}\"\nSection\nSectionEnd\n")
        .unwrap();
    for name in ["herokey.exe", "herokey-desktop.exe"] {
        let output = format!("-DOUTPUT={}", programs.join(name).display());
        run(Command::new("makensis").args(["-V2", &output]).arg(&script));
    }
    let [key, certificate, container] =
        ["key.pem", "certificate.pem", "both.pfx"].map(|name| folder.path().join(name));
    run(Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Fake Herokey authors"])
        .args(["-addext", "extendedKeyUsage=codeSigning", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate));
    run(Command::new("openssl")
        .args(["pkcs12", "-export", "-passout", "pass:fake-password", "-inkey"])
        .arg(&key)
        .arg("-in")
        .arg(&certificate)
        .arg("-out")
        .arg(&container));

    let output = run(Command::new(repository().join("packaging/windows/make"))
        .arg(&programs)
        .arg(VERSION)
        .arg(&made)
        .env("TMPDIR", &temporary)
        .env("WINDOWS_CERTIFICATE", STANDARD.encode(fs::read(container).unwrap()))
        .env("WINDOWS_CERTIFICATE_PASSWORD", "fake-password")
        .env("WINDOWS_TIMESTAMPS", ""));
    assert!(!output.contains("fake-password"), "{output}");
    assert_eq!(
        fs::read_dir(&temporary).unwrap().count(),
        0,
        "neither the certificate nor its password is left"
    );
    // The name ends as packaging/latest-json expects.
    let installer = made.join(format!("Herokey_{VERSION}_x64-setup.exe"));
    let verified = run(Command::new("osslsigncode")
        .arg("verify")
        .arg("-CAfile")
        .arg(&certificate)
        .arg("-in")
        .arg(installer));
    assert!(verified.contains("Fake Herokey authors"), "{verified}");
}

/// Makes the app, with `path` as PATH.
fn make_app(folder: &Path, path: &str, secrets: &[(&str, &str)]) -> String {
    let programs = folder.join("programs");
    fs::create_dir(&programs).unwrap();
    for name in ["herokey", "herokey-desktop"] {
        fs::write(programs.join(name), name).unwrap();
    }
    run(Command::new(repository().join("packaging/macos/make"))
        .arg(programs)
        .arg(VERSION)
        .arg(folder.join("made"))
        .env("PATH", path)
        .env("TMPDIR", folder)
        .envs(secrets.iter().copied()))
}

#[test]
fn the_app_for_macos_has_what_macos_looks_for() {
    let folder = tempfile::tempdir().unwrap();
    make_app(folder.path(), "/usr/bin:/bin", &[]);
    let app = folder.path().join("made/Herokey.app");
    assert_eq!(
        files(&app),
        [
            "644 Contents/Info.plist",
            "644 Contents/Resources/icon.icns",
            "755 Contents/MacOS/herokey",
            "755 Contents/MacOS/herokey-desktop",
            "Contents/MacOS/docker-credential-herokey -> herokey",
        ]
    );
    let program = fs::read_to_string(app.join("Contents/MacOS/docker-credential-herokey")).unwrap();
    assert_eq!(program, "herokey");

    let json = run(Command::new("python3")
        .args(["-c", "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))"])
        .arg(app.join("Contents/Info.plist")));
    let info: serde_json::Value = serde_json::from_str(&json).unwrap();
    let tauri = fs::read(repository().join("src-tauri/tauri.conf.json")).unwrap();
    let tauri: serde_json::Value = serde_json::from_slice(&tauri).unwrap();
    assert_eq!(info["CFBundlePackageType"], "APPL");
    assert_eq!(info["CFBundleIdentifier"], tauri["identifier"]);
    assert_eq!(info["CFBundleName"], tauri["productName"]);
    assert_eq!(info["CFBundleExecutable"], tauri["mainBinaryName"]);
    assert_eq!([&info["CFBundleShortVersionString"], &info["CFBundleVersion"]], [VERSION, VERSION]);
    assert_eq!(info["LSUIElement"], true, "the app is in the menu bar, not in the Dock");
    assert_eq!(info["LSMinimumSystemVersion"], "11.0");
    assert_eq!(info["CFBundleIconFile"], "icon.icns");

    let icon = fs::read(app.join("Contents/Resources/icon.icns")).unwrap();
    let number = |at: usize| u32::from_be_bytes(icon[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!((&icon[..4], number(4)), (b"icns".as_slice(), icon.len()));
    let mut layers = Vec::new();
    let mut at = 8;
    while at < icon.len() {
        layers.push(String::from_utf8_lossy(&icon[at..at + 4]).into_owned());
        at += number(at + 4);
    }
    // 16, 32, 128 and 256 points wide, each for screens of high density, and 128 for others.
    for layer in ["ic11", "ic12", "ic13", "ic14", "ic07"] {
        assert!(layers.iter().any(|found| found == layer), "{layer} is missing: {layers:?}");
    }
}

/// Apple's tools, as a program that only writes down how it was called. `ditto` and `hdiutil` make a file too.
const APPLES_TOOL: &str = r#"#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
[ -z "${APPLE_CERTIFICATE-}" ] || echo "the certificate is in the environment" >>"$CALLS"
case $(basename "$0") in
  ditto) for last; do :; done; mkdir -p "$last" ;;
  hdiutil) for last; do :; done; echo image >"$last" ;;
  uuidgen) echo fake-uuid ;;
esac
"#;

#[test]
fn the_app_for_macos_is_signed_from_the_inside_out_and_notarised() {
    let folder = tempfile::tempdir().unwrap();
    let tools = folder.path().join("tools");
    fs::create_dir(&tools).unwrap();
    for name in ["codesign", "ditto", "hdiutil", "security", "uuidgen", "xcrun"] {
        write_program(&tools.join(name), APPLES_TOOL);
    }
    let calls = folder.path().join("calls");
    make_app(
        folder.path(),
        &format!("{}:/usr/bin:/bin", tools.display()),
        &[
            ("CALLS", calls.to_str().unwrap()),
            ("APPLE_CERTIFICATE", &STANDARD.encode("fake certificate")),
            ("APPLE_CERTIFICATE_PASSWORD", "fake-password"),
            ("APPLE_SIGNING_IDENTITY", "Fake Identity"),
            ("APPLE_ID", "fake@example.com"),
            ("APPLE_PASSWORD", "fake-app-password"),
            ("APPLE_TEAM_ID", "FAKETEAM"),
        ],
    );
    let calls = fs::read_to_string(calls).unwrap();
    let at = |text: &str| {
        calls.lines().position(|call| call.contains(text)).unwrap_or_else(|| panic!("{text}: {calls}"))
    };
    let order = [
        "security import",
        "Contents/MacOS/herokey",
        "--sign Fake Identity /",
        "notarytool submit",
        "stapler staple",
        "hdiutil create",
        "security delete-keychain",
    ]
    .map(at);
    assert!(order.is_sorted(), "{calls}");
    let signed: Vec<_> = calls.lines().filter(|call| call.starts_with("codesign ")).collect();
    assert_eq!(signed.len(), 3, "the companion, the app and the image: {calls}");
    assert!(signed[1].ends_with("/Herokey.app") && signed[2].contains(".dmg"), "{calls}");
    assert!(
        signed.iter().all(|call| call.contains("--options runtime") && !call.contains("entitlements")),
        "{calls}"
    );
    assert!(!calls.contains("the certificate is in the environment"), "{calls}");
    let left = files(folder.path());
    assert!(!left.iter().any(|path| path.contains("certificate.p12")), "{left:?}");

    // The updater removes the first folder of each path.
    let archive = left.iter().find(|path| path.ends_with(".app.tar.gz")).unwrap().split_once(' ').unwrap().1;
    let listed = run(Command::new("tar").arg("-tzf").arg(folder.path().join(archive)));
    assert!(listed.lines().all(|path| path.starts_with("Herokey.app/")), "{listed}");
    assert!(listed.contains("Contents/MacOS/docker-credential-herokey"), "{listed}");
}
