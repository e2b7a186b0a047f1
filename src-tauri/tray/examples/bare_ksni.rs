//! A minimal icon with a menu of one line, made with ksni alone, which the benchmark compares the tray with.

#[cfg(target_os = "linux")]
struct Bare;

#[cfg(target_os = "linux")]
impl ksni::Tray for Bare {
    fn id(&self) -> String {
        "bare".to_owned()
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        vec![ksni::Icon { width: 22, height: 22, data: vec![0xff; 22 * 22 * 4] }]
    }

    fn menu(&self) -> Vec<ksni::MenuItem<Self>> {
        let activate = Box::new(|_: &mut Self| std::process::exit(0));
        vec![
            ksni::menu::StandardItem {
                label: "Quit".to_owned(),
                activate,
                ..ksni::menu::StandardItem::default()
            }
            .into(),
        ]
    }
}

#[cfg(target_os = "linux")]
fn main() -> Result<(), ksni::Error> {
    use ksni::blocking::TrayMethods;

    let _icon = Bare.spawn()?;
    loop {
        std::thread::park();
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {}
