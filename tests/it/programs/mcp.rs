//! Keys in the configuration of assistants.

use std::fs;

use herokey_tests::{ME, World};
use heroku_sandbox::Grant;
use serde_json::Value;

use super::{masked, reader};

fn logged_in() -> (World, String) {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli(ME, &token);
    world.herokey(["git", "install"]).ok();
    (world, token)
}

fn configuration(token: &str) -> String {
    format!(
        "{{\n  // mine\n  \"mcpServers\": {{\n    \"files\": {{ \"command\": \"true\" }},\n    \"heroku\": {{\n      \
         \"command\": \"sh\",\n      \"args\": [\"-c\", \"printenv HEROKU_API_KEY\"],\n      \"env\": {{\n        \
         \"HEROKU_API_KEY\": \"{token}\"\n      }}\n    }},\n  }}\n}}\n"
    )
}

/// Starts the server as the assistant does.
fn start(world: &World) -> String {
    let text = world.file(".cursor/mcp.json").unwrap();
    let text: String = text.lines().filter(|line| !line.trim().starts_with("//")).collect();
    let text = text.replace(",  }}", "  }}").replace(",  }", "  }");
    let server = serde_json::from_str::<Value>(&text).unwrap()["mcpServers"]["heroku"].clone();
    let args: Vec<String> = serde_json::from_value(server["args"].clone()).unwrap();
    let mut program =
        world.program(server["command"].as_str().unwrap()).args(args.iter().map(String::as_str));
    if let Some(key) = server["env"]["HEROKU_API_KEY"].as_str() {
        program = program.env("HEROKU_API_KEY", key);
    }
    program.run().ok().trim().to_owned()
}

#[test]
fn the_fix_lends_a_token_and_undo_restores_every_byte() {
    let (world, token) = logged_in();
    let before = configuration(&token);
    world.write_file(".cursor/mcp.json", &before);
    assert_eq!(start(&world), token);
    let said = reader(&world, "mcp").unwrap();
    assert_eq!((&said["source"], &said["masked"]), (&"config".into(), &masked(&token).into()));
    let found = world.herokey(["doctor"]).ok().to_owned();
    assert!(found.contains("~/.cursor/mcp.json:9") && !found.contains(&token), "{found}");

    world.herokey(["doctor", "--fix", "mcp-plain-token"]).ok();
    let after = world.file(".cursor/mcp.json").unwrap();
    assert!(
        !after.contains(&token)
            && after.contains("// mine")
            && after.contains("\"files\": { \"command\": \"true\" },")
    );
    let lent = start(&world);
    assert_ne!(lent, token);
    assert!(lent.starts_with("HRKU-") && !world.sandbox().is_live(&lent), "revoked at its end");
    let said = reader(&world, "mcp");
    assert!(said.is_none_or(|said| said["source"] != "config"));

    world.herokey(["doctor", "--undo"]).ok();
    assert_eq!(world.file(".cursor/mcp.json").as_deref(), Some(before.as_str()));
}

#[test]
fn regenerate_reaches_the_key_and_logout_names_it() {
    let (world, token) = logged_in();
    world.write_file(".cursor/mcp.json", &configuration(&token));
    world.herokey(["regenerate", "--yes"]).ok();
    let new = world.heroku(["auth:token"]).ok().to_owned();
    assert_ne!(new, token);
    assert_eq!(start(&world), new);
    assert_eq!(world.file(".cursor/mcp.json").unwrap(), configuration(&new));
    let logout = world.herokey(["logout"]);
    assert!(logout.stderr.contains("The MCP server `heroku` of Cursor keeps the old token"), "{logout}");
    assert!(!world.sandbox().is_live(&new));
}

#[test]
fn projects_and_damaged_files() {
    let (world, token) = logged_in();
    let other = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.write_file("app/.vscode/mcp.json", &configuration(&other).replace("mcpServers", "servers"));
    let app = world.home().join("app").display().to_string();
    let found = world.herokey(["doctor", "--in", &app]).ok().to_owned();
    assert!(found.contains("~/app/.vscode/mcp.json:9. It is not the token that heroku uses."), "{found}");
    assert!(!world.herokey(["doctor"]).ok().contains("mcp-plain-token"), "only where it is asked about");
    let damaged = format!("{{\"mcpServers\": {{\n\"heroku\": {{\"env\": {{\"HEROKU_API_KEY\": \"{token}\"");
    world.write_file(".gemini/settings.json", &damaged);
    let found = world.herokey(["doctor"]).ok().to_owned();
    assert!(
        found.contains("[mcp-config-unreadable]") && found.contains("~/.gemini/settings.json:2"),
        "{found}"
    );
    assert!(!found.contains(&token));
    fs::write(world.home().join(".gemini/settings.json"), vec![b' '; (1 << 20) + 1]).unwrap();
    let found = world.herokey(["doctor"]).ok().to_owned();
    assert!(found.contains("[mcp-config-unreadable]"), "{found}");
}
