//! `rebake graph`.

use snapbox::str;

use crate::repo::Repo;

/// A workspace of npm: `web` is built from `ui`, which stands in a circle with `icons`.
fn workspace() -> Repo {
    let repo = Repo::new();
    repo.write("package.json", r#"{"private": true, "workspaces": ["apps/*", "libs/*"]}"#)
        .write("apps/web/package.json", r#"{"name": "web", "dependencies": {"ui": "*"}}"#)
        .write("libs/ui/package.json", r#"{"name": "ui", "devDependencies": {"icons": "*"}}"#)
        .write("libs/icons/package.json", r#"{"name": "icons", "peerDependencies": {"ui": "*"}}"#)
        .write("libs/log/package.json", r#"{"name": "log"}"#)
        .commit("first");
    repo
}

#[test]
fn each_edge_says_what_declares_it() {
    let repo = workspace();
    repo.rebake(["graph"]).success().stdout(str![[r#"
web
  ui  apps/web/package.json:1:40
icons
  icons-circle  libs/icons/package.json:1:46
ui
  icons-circle  libs/ui/package.json:1:45
icons-circle
  has the files of services that are built from each other:
  icons, ui

On their own:
  root, log

6 services, 3 dependencies, 3 levels.

"#]]);
    repo.rebake(["graph", "log"]).success().stdout(str![[r#"
On their own:
  log

1 service, no dependencies.

"#]]);
    repo.rebake(["graph", "icons", "--format", "mermaid"]).success().stdout(str![[r#"
graph LR
  s0["icons"]
  s1(["icons-circle"])
  s1 -->|"libs/icons/package.json#58;1#58;46"| s0

"#]]);
    repo.rebake(["graph", "--format", "dot", "web"]).success().stdout(str![[r#"
digraph services {
  rankdir=LR;
  node [shape=box];
  "web" [tooltip="apps/web/package.json:1:10"];
  "ui" [tooltip="libs/ui/package.json:1:10"];
  "icons-circle" [tooltip="libs/icons/package.json:1:46", shape=oval];
  "ui" -> "web" [edgetooltip="apps/web/package.json:1:40"];
  "icons-circle" -> "ui" [edgetooltip="libs/ui/package.json:1:45"];
}

"#]]);
}

#[test]
fn a_configuration_has_its_own_places() {
    let repo = workspace();
    let config =
        "workspaces: [npm]\nservices:\n  web: {path: apps/web}\n  proxy:\n    path: proxy\n    depends_on: [web]\n";
    repo.write("filters.yaml", config).write("proxy/x", "").commit("second");
    repo.rebake(["graph", "proxy"]).success().stderr("").stdout(str![[r#"
web
  ui  apps/web/package.json:1:40
proxy
  web  filters.yaml:6:18
ui
  icons-circle  libs/ui/package.json:1:45
icons-circle
  has the files of services that are built from each other:
  icons, ui

4 services, 3 dependencies, 4 levels.

"#]]);
    repo.rebake(["graph", "web", "--format", "json", "--at", "HEAD"]).success().stdout(str![[r#"
{
  "schema": 1,
  "services": [
    {
      "service": "web",
      "path": "apps/web",
      "library": false,
      "at": "filters.yaml:3:3",
      "level": 2,
      "needs": [
        {
          "service": "ui",
          "at": "apps/web/package.json:1:40"
        }
      ]
    },
    {
      "service": "proxy",
      "path": "proxy",
      "library": false,
      "at": "filters.yaml:4:3",
      "level": 3,
      "needs": [
        {
          "service": "web",
          "at": "filters.yaml:6:18"
        }
      ]
    },
    {
      "service": "ui",
      "path": "libs/ui",
      "library": true,
      "at": "libs/ui/package.json:1:10",
      "level": 1,
      "needs": [
        {
          "service": "icons-circle",
          "at": "libs/ui/package.json:1:45"
        }
      ]
    },
    {
      "service": "icons-circle",
      "library": true,
      "at": "libs/icons/package.json:1:46",
      "level": 0,
      "circle": [
        "icons",
        "ui"
      ],
      "needs": []
    }
  ]
}

"#]]);
    repo.rebake(["graph", "wep"]).failure(2);
    repo.rebake(["graph", "web", "--discover"]).success();
}
