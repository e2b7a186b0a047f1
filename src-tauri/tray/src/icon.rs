//! The tray's pictures: one for each state, drawn for dark panels, for light ones, and as macOS's templates.

use herokey_app::menu::Icon;

/// What the icon stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// A dark panel.
    Dark,
    /// A light panel.
    Light,
    /// macOS's menu bar, which colours the icon itself.
    Template,
}

/// Why a picture cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It is not a PNG.
    #[error(transparent)]
    Png(#[from] png::DecodingError),
}

/// A square picture.
pub(crate) struct Picture {
    /// Its width and height in pixels.
    pub(crate) size: u32,
    /// Red, green, blue and opacity of each pixel, row by row.
    pub(crate) pixels: Vec<u8>,
}

/// A state's picture in every size that panels have, the largest one first.
#[cfg(target_os = "linux")]
pub(crate) fn pictures(icon: Icon, panel: Panel) -> Result<Vec<Picture>, PictureError> {
    files(icon, panel).iter().map(|file| decode(file)).collect()
}

/// A state's picture for systems that scale it themselves.
#[cfg(not(target_os = "linux"))]
pub(crate) fn largest(icon: Icon, panel: Panel) -> Result<Picture, PictureError> {
    decode(files(icon, panel)[0])
}

fn decode(file: &[u8]) -> Result<Picture, PictureError> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().unwrap_or_default()];
    let frame = reader.next_frame(&mut pixels)?;
    pixels.truncate(frame.buffer_size());
    Ok(Picture { size: frame.width, pixels })
}

macro_rules! sizes {
    ($name:expr) => {
        &[
            include_bytes!(concat!("../../../icons/tray-", $name, ".png")),
            include_bytes!(concat!("../../../icons/tray-", $name, "-32.png")),
            include_bytes!(concat!("../../../icons/tray-", $name, "-24.png")),
            include_bytes!(concat!("../../../icons/tray-", $name, "-22.png")),
            include_bytes!(concat!("../../../icons/tray-", $name, "-16.png")),
        ]
    };
}

fn files(icon: Icon, panel: Panel) -> &'static [&'static [u8]] {
    macro_rules! files {
        ($state:literal) => {
            match panel {
                Panel::Dark => sizes!(concat!($state, "-on-dark")),
                Panel::Light => sizes!(concat!($state, "-on-light")),
                Panel::Template => {
                    &[include_bytes!(concat!("../../../icons/tray-", $state, "-template.png"))]
                }
            }
        };
    }
    match icon {
        Icon::SignedIn => files!("signed-in"),
        Icon::Attention => files!("attention"),
        Icon::SignedOut => files!("signed-out"),
        Icon::Working => files!("working"),
        Icon::Locked => files!("locked"),
    }
}

#[cfg(test)]
mod tests {
    use herokey_app::menu::Icon;

    use super::{Panel, Picture, decode, files};

    const ICONS: [Icon; 5] = [Icon::SignedIn, Icon::Attention, Icon::SignedOut, Icon::Working, Icon::Locked];

    /// How many in a hundred pixels stand out from a grey panel, by a contrast of 3 (WCAG 2.2, 1.4.11).
    fn legible(picture: &Picture, panel: u8) -> usize {
        let light = |red: f64, green: f64, blue: f64| {
            let linear = |value: f64| {
                let value = value / 255.0;
                if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) + 0.05
        };
        let ground = f64::from(panel);
        let behind = light(ground, ground, ground);
        let stands_out = |pixel: &&[u8]| {
            let opacity = f64::from(pixel[3]) / 255.0;
            let over = |value: u8| f64::from(value) * opacity + ground * (1.0 - opacity);
            let front = light(over(pixel[0]), over(pixel[1]), over(pixel[2]));
            front.max(behind) / front.min(behind) >= 3.0
        };
        let pixels = picture.pixels.chunks_exact(4);
        100 * pixels.clone().filter(stands_out).count() / pixels.len()
    }

    #[test]
    fn every_picture_is_legible_on_the_other_panel_too() {
        for icon in ICONS {
            for file in [Panel::Dark, Panel::Light].into_iter().flat_map(|panel| files(icon, panel)) {
                let picture = decode(file).unwrap();
                for panel in [0, 0x35, 0x80, 0xd0, 0xff] {
                    let share = legible(&picture, panel);
                    assert!(share >= 12, "{icon:?} of {} on {panel:#x}: {share} %", picture.size);
                }
            }
        }
    }

    #[test]
    fn every_picture_can_be_read_and_is_its_own() {
        let mut seen = Vec::new();
        for icon in ICONS {
            for panel in [Panel::Dark, Panel::Light, Panel::Template] {
                for file in files(icon, panel) {
                    let picture = decode(file).unwrap();
                    assert_eq!(picture.pixels.len(), (picture.size * picture.size * 4) as usize);
                    assert!(!seen.contains(file), "{icon:?} on {panel:?} looks like another");
                    seen.push(*file);
                }
            }
        }
    }
}
