//! The token is nowhere but where it belongs: a whole run, searched.

use herokey_tests::{Ended, ME, World};

#[test]
fn a_whole_run_never_shows_the_token() {
    let mut world = World::desktop();
    world.set_env("HEROKEY_LOG", "trace");
    let herokey =
        |arguments: &[&str]| world.herokey_program("herokey").args(arguments.iter().copied()).traced().run();
    let login = {
        let login = world.herokey_program("herokey").arg("login").traced().start();
        world.approve(&world.browser().wait_for_address(), ME);
        login.finish()
    };
    login.ok();
    let token = world.herokey(["token"]).ok().to_owned();
    let journal = world.file(".local/state/herokey/journal.json").expect("a journal");
    let runs = [
        login,
        herokey(&["status"]),
        herokey(&["status", "--json"]),
        herokey(&["git", "install"]),
        herokey(&["git", "status"]),
        push(&world),
        herokey(&["logout"]),
    ];
    for run in &runs {
        for (place, text) in
            [("output", &run.stdout), ("errors and logs", &run.stderr), ("processes", &run.starts)]
        {
            assert!(!text.contains(&token), "`{}` shows the token in its {place}", run.line);
        }
        assert!(!run.starts.is_empty(), "`{}` was watched", run.line);
    }
    assert!(!journal.contains(&token));
    assert_eq!(world.tree().files_with(&token), [""; 0].map(std::path::Path::new), "on the disk");
}

#[test]
fn a_token_in_netrc_is_in_no_other_file() {
    let mut world = World::desktop();
    world.set_env("HEROKU_NETRC_WRITE", "true");
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    assert_eq!(world.tree().files_with(&token), [std::path::Path::new(".netrc")]);
}

fn push(world: &World) -> Ended {
    world.git(["init", "--quiet", "app"]).ok();
    let author = ["-c", "user.name=Me", "-c", "user.email=me@example.com", "-C", "app"];
    let commit = ["commit", "--quiet", "--allow-empty", "--message=One"];
    world.git(author.into_iter().chain(commit)).ok();
    let address = format!("https://{}/app.git", world.git_host());
    let push = world.program("git").args(["-C", "app", "push", &address, "HEAD:main"]).traced().run();
    push.ok();
    push
}
