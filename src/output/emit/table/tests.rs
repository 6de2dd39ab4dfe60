use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};
use unicode_width::UnicodeWidthStr as _;

use super::*;

/// A plan of services, each with its causes.
fn plan(services: Vec<(&str, Value)>, unaffected: &[&str]) -> Plan {
    let service = |(name, causes): (&str, Value)| {
        json!({
            "service": name, "causes": causes, "needs": [], "level": 0, "version": "1.2.0-0002-7bb11b8", "tags": [],
            "labels": {}, "platforms": [], "push": false, "matrix": {},
        })
    };
    let is_any = !services.is_empty();
    let services: Vec<Value> = services.into_iter().map(service).collect();
    let plan = json!({
        "schema": 1, "rebake": "0.1.0", "trigger": {"kind": "local"}, "environment": "local",
        "range": {"base": "ce82030", "head": "7bb11b8", "source": "since the merge base with main", "worktree": true},
        "degraded": [], "services": services, "unaffected": unaffected, "removed": [], "unmatched": [], "filters": {},
        "any": is_any,
    });
    serde_json::from_value(plan).unwrap()
}

fn file(path: &str, status: &str) -> Value {
    json!({"kind": "file", "path": path, "status": status, "pattern": "services/**", "at": "filters.yaml:7:7"})
}

fn global() -> Value {
    json!({"kind": "global", "path": "go.mod", "status": "modified", "pattern": "go.mod", "at": "filters.yaml:1:10"})
}

const SQL: &str = "services/other/migrator/migrations/0002_orders.sql";

fn few() -> Plan {
    let services = vec![
        ("migrator", json!([file(SQL, "added")])),
        ("api-golang", json!([{"kind": "dependency", "via": "migrator", "chain": ["migrator"]}, file(SQL, "added")])),
    ];
    plan(services, &["api-node", "client-react", "load-generator"])
}

fn forty() -> Plan {
    let names: Vec<String> = (0..40).map(|number| format!("service-{number}")).collect();
    let services = names.iter().enumerate().map(|(number, name)| {
        let own = file("src/cart/Program.cs", "modified");
        (name.as_str(), if number == 7 { json!([global(), own]) } else { json!([global()]) })
    });
    plan(services.collect(), &[])
}

#[test]
fn a_terminal_shows_what_changed_and_nothing_else() {
    assert_data_eq!(
        table(&few(), Palette::Plain, Room::Columns(100)),
        str![[r"
ce82030..7bb11b8 and the work tree: since the merge base with main
environment local

SERVICE     VERSION             WHY
migrator    1.2.0-0002-7bb11b8  services/other/migrator/migrations/0002_orders.sql  added
api-golang  1.2.0-0002-7bb11b8  depends on migrator
                                services/other/migrator/migrations/0002_orders.sql  added

2 of 5 services to rebuild.
Not affected: api-node, client-react, load-generator.

"]]
    );
    assert_data_eq!(
        table(&few(), Palette::Plain, Room::Columns(60)),
        str![[r"
ce82030..7bb11b8 and the work tree: since the merge base with main
environment local

SERVICE     VERSION             WHY
migrator    1.2.0-0002-7bb11b8  serv…/0002_orders.sql  added
api-golang  1.2.0-0002-7bb11b8  depends on migrator
                                serv…/0002_orders.sql  added

2 of 5 services to rebuild.
Not affected: api-node, client-react, load-generator.

"]]
    );
}

#[test]
fn services_with_equal_causes_share_a_row() {
    assert_data_eq!(
        table(&forty(), Palette::Plain, Room::Columns(80)),
        str![[r"
ce82030..7bb11b8 and the work tree: since the merge base with main
environment local

39 services  go.mod  modified  (global)
             service-0, service-1, service-2, service-3, service-4 and 34 more

SERVICE    VERSION             WHY
service-7  1.2.0-0002-7bb11b8  go.mod  modified  (global)
                               src/cart/Program.cs  modified

40 of 40 services to rebuild.
`--long` lists each service with its version and all causes.

"]]
    );
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let long = "a-very-long-name-of-a-service-that-nobody-would-give/服务服务服务服务服务服务服务服务";
    let five = ["one", "two", long, "four", "five"]
        .map(|name| (name, json!([file(&format!("{long}/{SQL}"), "modified"), global()])));
    for plan in [plan(vec![], &["a"]), few(), plan(five.into(), &[]), forty()] {
        for width in [60, 80, 100, 120] {
            let text = table(&plan, Palette::Plain, Room::Columns(width));
            // The first line says what was compared; its end is not left out.
            for line in text.lines().skip(1) {
                assert!(line.width() <= width, "{width}: {line}");
            }
            assert_eq!(
                text,
                anstream::adapter::strip_str(&table(&plan, Palette::Coloured, Room::Columns(width))).to_string()
            );
        }
    }
}

#[test]
fn without_a_terminal_each_service_has_its_rows() {
    let text = table(&forty(), Palette::Plain, Room::Unlimited);
    assert_eq!(text.matches("go.mod").count(), 40);
    assert_eq!(text.matches("filters.yaml:1:10").count(), 40);
}

#[test]
fn the_long_table_has_all_causes() {
    let causes: Vec<Value> = (0..5).map(|number| file(&format!("services/{number}"), "added")).collect();
    let plan = plan(vec![("api", json!(causes))], &[]);
    let short = table(&plan, Palette::Plain, Room::Unlimited);
    let long = table(&plan, Palette::Plain, Room::AllCauses);
    assert_eq!([short.matches("filters.yaml:7:7").count(), long.matches("filters.yaml:7:7").count()], [3, 5]);
    assert_eq!([short.contains("and 2 more"), long.contains("more")], [true, false]);
}

#[test]
fn what_was_not_asked_for_is_not_called_unaffected() {
    let mut plan = few();
    plan.left_out = vec!["api-node".to_owned()];
    let text = table(&plan, Palette::Plain, Room::Columns(100));
    assert!(
        text.contains("\nNot affected: client-react, load-generator.\nAffected, but not asked for: api-node.\n"),
        "{text}"
    );
}

#[test]
fn a_name_without_room_loses_its_middle_and_no_other_name() {
    let names = ["a-service-with-a-long-name".to_owned(), "b".to_owned(), "c".to_owned()];
    assert_eq!(fitted::listed(&names, 24), "a-serv…g-name and 2 more");
}
