//! `cargo xtask icons`: draws every icon file from `icons/*.svg`.
//!
//! The same drawings give the same bytes as long as `Cargo.lock` keeps the crates used here.

use std::f32::consts::TAU;
use std::path::Path;
use std::{fs, io};

use icns::{IconFamily, IconType};
use ico::{IconDir, IconDirEntry, IconImage, ResourceType};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use crate::Result;

/// The tray's states. The drawing of each is `icons/tray-<state>.svg`.
const TRAY_STATES: [&str; 5] = ["signed-in", "attention", "signed-out", "working", "locked"];

/// Width of a tray icon in pixels: twice the 22 of its drawing, for high-density screens.
const TRAY_SIZE: u32 = 44;

/// More widths, in pixels, for panels on Linux. A panel takes the width that is closest to its own height.
const PANEL_SIZES: [u32; 4] = [16, 22, 24, 32];

/// The variants of a tray icon: suffix of the file name, colour of the glyph, of the attention badge, and of a thin edge.
///
/// The edge has the colour of the panel that the variant is for, so it shows only on a panel of the opposite tone. macOS
/// uses only the alpha channel of a template.
const TRAY_VARIANTS: [(&str, &str, &str, Option<&str>); 3] = [
    ("on-dark", "#f4f2f7", "#ffb84d", Some("#26212e")),
    ("on-light", "#26212e", "#c26a00", Some("#f4f2f7")),
    ("template", "#000", "#000", None),
];

/// Width of the edge, in units of the drawing, which is 22 wide.
const EDGE: f32 = 0.9;

/// The app's icon as PNG: the file names that Tauri's bundler expects, and their widths in pixels.
const APP_PNGS: [(&str, u32); 4] =
    [("32x32.png", 32), ("128x128.png", 128), ("128x128@2x.png", 256), ("icon.png", 512)];

/// Widths of the layers in `icon.ico`. A development build shows the first one in the taskbar.
const ICO_SIZES: [u32; 6] = [32, 16, 24, 48, 64, 256];

/// The layers of `icon.icns`, with their widths. macOS scales them down to other sizes.
const ICNS_LAYERS: [(IconType, u32); 5] = [
    (IconType::RGBA32_16x16_2x, 32),
    (IconType::RGBA32_32x32_2x, 64),
    (IconType::RGBA32_128x128, 128),
    (IconType::RGBA32_128x128_2x, 256),
    (IconType::RGBA32_256x256_2x, 512),
];

/// Draws all icon files of the repository at `root`.
pub(crate) fn draw_all(root: &Path) -> Result<()> {
    let folder = root.join("icons");
    for (name, bytes) in rendered(&folder)? {
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

/// Fails if an icon file differs from what its drawing gives.
pub(crate) fn check(root: &Path) -> Result<()> {
    let folder = root.join("icons");
    let mut stale = Vec::new();
    for (name, bytes) in rendered(&folder)? {
        match fs::read(folder.join(&name)) {
            Ok(committed) if committed == bytes => {}
            Ok(_) => stale.push(name),
            Err(error) if error.kind() == io::ErrorKind::NotFound => stale.push(name),
            Err(error) => return Err(error.into()),
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        Err(format!("icons differ from their drawings ({}); run `cargo xtask icons`", stale.join(", "))
            .into())
    }
}

/// Draws the app's icon as PNG, `size` pixels wide.
pub(crate) fn app(root: &Path, size: u32) -> Result<Vec<u8>> {
    Ok(draw(&read(&root.join("icons/app.svg"), None)?, size)?.encode_png()?)
}

/// Draws every icon file and returns its name and bytes.
fn rendered(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let app = read(&folder.join("app.svg"), None)?;
    let mut files = vec![("icon.ico".to_owned(), ico(&app)?), ("icon.icns".to_owned(), icns(&app)?)];
    for (name, size) in APP_PNGS {
        files.push((name.to_owned(), draw(&app, size)?.encode_png()?));
    }
    for state in TRAY_STATES {
        for (variant, glyph, badge, edge) in TRAY_VARIANTS {
            let coloured = |glyph, badge| {
                let style = format!("svg {{ color: {glyph} }} .badge {{ fill: {badge} }}");
                read(&folder.join(format!("tray-{state}.svg")), Some(style))
            };
            let glyph = coloured(glyph, badge)?;
            let edge = edge.map(|edge| coloured(edge, edge)).transpose()?;
            let draw = |size| draw_edged(&glyph, edge.as_ref(), size);
            files.push((format!("tray-{state}-{variant}.png"), draw(TRAY_SIZE)?.encode_png()?));
            for size in PANEL_SIZES.into_iter().filter(|_| edge.is_some()) {
                files.push((format!("tray-{state}-{variant}-{size}.png"), draw(size)?.encode_png()?));
            }
        }
    }
    Ok(files)
}

fn read(drawing: &Path, style: Option<String>) -> Result<Tree> {
    let svg = fs::read_to_string(drawing).map_err(|error| format!("{}: {error}", drawing.display()))?;
    let options = Options { style_sheet: style, ..Options::default() };
    Ok(Tree::from_str(&svg, &options).map_err(|error| format!("{}: {error}", drawing.display()))?)
}

/// Draws a square icon, `size` pixels wide.
fn draw(tree: &Tree, size: u32) -> Result<Pixmap> {
    draw_edged(tree, None, size)
}

/// Draws a square icon over its edge, which is the same drawing in another colour, shifted a little in 16 directions.
#[expect(clippy::cast_precision_loss, reason = "icons are at most 512 pixels wide")]
fn draw_edged(tree: &Tree, edge: Option<&Tree>, size: u32) -> Result<Pixmap> {
    let mut pixels = Pixmap::new(size, size).ok_or("an icon is at least one pixel wide")?;
    let scale = size as f32 / tree.size().width();
    for (edge, direction) in edge.into_iter().flat_map(|edge| (0_u8..16).map(move |n| (edge, n))) {
        let (down, right) = (f32::from(direction) * TAU / 16.0).sin_cos();
        let shifted = Transform::from_translate(right * EDGE, down * EDGE).post_scale(scale, scale);
        resvg::render(edge, shifted, &mut pixels.as_mut());
    }
    resvg::render(tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    Ok(pixels)
}

fn ico(app: &Tree) -> Result<Vec<u8>> {
    let mut layers = IconDir::new(ResourceType::Icon);
    for size in ICO_SIZES {
        let png = draw(app, size)?.encode_png()?;
        layers.add_entry(IconDirEntry::encode_as_png(&IconImage::read_png(io::Cursor::new(png))?)?);
    }
    let mut bytes = Vec::new();
    layers.write(&mut bytes)?;
    Ok(bytes)
}

fn icns(app: &Tree) -> Result<Vec<u8>> {
    let mut layers = IconFamily::new();
    for (kind, size) in ICNS_LAYERS {
        let png = draw(app, size)?.encode_png()?;
        layers.add_icon_with_type(&icns::Image::read_png(io::Cursor::new(png))?, kind)?;
    }
    let mut bytes = Vec::new();
    layers.write(&mut bytes)?;
    Ok(bytes)
}
