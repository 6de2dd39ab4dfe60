//! Pipelines for CI engines: whole documents for the capstone example, what their limits refuse, and that no name makes
//! more of them than it is.

use serde_json::{Value, json};
use snapbox::str;

use crate::plan::capstone;
use crate::repo::{Repo, Run};

/// Services by name, each with the places of those that it needs.
pub(crate) type Services = Vec<(String, Vec<usize>)>;

/// A plan of services.
pub(crate) fn saved(services: &[(String, Vec<usize>)]) -> String {
    let service = |(name, needs): &(String, Vec<usize>)| {
        json!({
            "service": name, "path": format!("services/{name}"), "causes": [{"kind": "forced"}],
            "needs": needs.iter().map(|need| &services[*need].0).collect::<Vec<_>>(), "level": 0,
            "version": "1.0.9-0047-188f7a2", "image": format!("ghcr.io/acme/{name}"),
            "tags": [format!("ghcr.io/acme/{name}:1.0.9-0047-188f7a2")], "labels": {}, "platforms": [], "push": true,
            "matrix": {},
        })
    };
    let plan = json!({
        "schema": 1, "rebake": "0.1.0", "trigger": {"kind": "push", "ref": "refs/heads/main"},
        "environment": "staging", "range": {"source": "given", "worktree": false}, "degraded": [],
        "services": services.iter().map(service).collect::<Vec<_>>(), "unaffected": [], "removed": [],
        "unmatched": [], "filters": {}, "any": !services.is_empty(),
    });
    plan.to_string()
}

/// So many services without edges.
pub(crate) fn independent(count: usize) -> Services {
    (0..count).map(|number| (format!("service-{number}"), Vec::new())).collect()
}

/// So many services, and one that needs them all.
pub(crate) fn fan_in(count: usize) -> Services {
    let mut services = independent(count);
    services.push(("top".to_owned(), (0..count).collect()));
    services
}

/// Writes a saved plan in a format.
pub(crate) fn write(plan: &str, format: &str, args: &[&str], code: i32) -> Run {
    let repo = Repo::new();
    let run = repo.rebake([&["plan", "--plan", "-", "--format", format], args].concat()).env("TOKEN", "the token");
    let run = run.stdin(plan).failure(code);
    if code != 0 {
        assert!(run.stdout.is_empty(), "{format}: something was written");
    }
    run
}

#[test]
fn capstone_as_outputs_of_github() {
    capstone().rebake(["plan", "--push", "--format", "github"]).success().stdout(str![[r#"
any=true
count=2
matrix={"include":[{"environment":"local","path":"services/other/migrator","service":"migrator","tag":"1.2.0-0001-ebe1ed6","version":"1.2.0-0001-ebe1ed6"},{"environment":"local","path":"services/go/api-golang","service":"api-golang","tag":"1.0.9-0001-ebe1ed6","version":"1.0.9-0001-ebe1ed6"}]}
levels=2
any_0=true
matrix_0={"include":[{"environment":"local","path":"services/other/migrator","service":"migrator","tag":"1.2.0-0001-ebe1ed6","version":"1.2.0-0001-ebe1ed6"}]}
any_1=true
matrix_1={"include":[{"environment":"local","path":"services/go/api-golang","service":"api-golang","tag":"1.0.9-0001-ebe1ed6","version":"1.0.9-0001-ebe1ed6"}]}

"#]]);
}

#[test]
fn capstone_as_a_child_pipeline_of_gitlab() {
    capstone().rebake(["plan", "--push", "--format", "gitlab"]).success().stdout(str![[r#"
{
  "stages": [
    "build"
  ],
  "workflow": {
    "rules": [
      {
        "when": "always"
      }
    ]
  },
  "build migrator": {
    "stage": "build",
    "needs": [
      {
        "job": "rebake-plan",
        "pipeline": "$PARENT_PIPELINE_ID"
      }
    ],
    "script": [
      "rebake build --push --plan .rebake/plan.json --only /"$REBAKE_ONLY/" --report /".rebake/report-$CI_JOB_ID.json/" --junit /".rebake/junit-$CI_JOB_ID.xml/""
    ],
    "variables": {
      "REBAKE_ONLY": "migrator"
    },
    "retry": {
      "max": 1,
      "when": [
        "runner_system_failure"
      ]
    },
    "artifacts": {
      "paths": [
        ".rebake/report-*.json"
      ],
      "reports": {
        "junit": ".rebake/junit-*.xml"
      },
      "when": "always"
    }
  },
  "build api-golang": {
    "stage": "build",
    "needs": [
      {
        "job": "rebake-plan",
        "pipeline": "$PARENT_PIPELINE_ID"
      },
      {
        "artifacts": false,
        "job": "build migrator"
      }
    ],
    "script": [
      "rebake build --push --plan .rebake/plan.json --only /"$REBAKE_ONLY/" --report /".rebake/report-$CI_JOB_ID.json/" --junit /".rebake/junit-$CI_JOB_ID.xml/""
    ],
    "variables": {
      "REBAKE_ONLY": "api-golang"
    },
    "retry": {
      "max": 1,
      "when": [
        "runner_system_failure"
      ]
    },
    "artifacts": {
      "paths": [
        ".rebake/report-*.json"
      ],
      "reports": {
        "junit": ".rebake/junit-*.xml"
      },
      "when": "always"
    }
  }
}

"#]]);
}

#[test]
fn capstone_as_steps_of_buildkite() {
    capstone().rebake(["plan", "--push", "--format", "buildkite"]).success().stdout(str![[r#"
{
  "steps": [
    {
      "label": "build migrator",
      "key": "rebake-migrator",
      "command": [
        "buildkite-agent artifact download .rebake/plan.json .",
        "exec rebake build --push --plan .rebake/plan.json --only /"$REBAKE_ONLY/" --report /".rebake/report-$BUILDKITE_JOB_ID.json/" --junit /".rebake/junit-$BUILDKITE_JOB_ID.xml/""
      ],
      "env": {
        "REBAKE_ONLY": "migrator"
      },
      "retry": {
        "automatic": [
          {
            "exit_status": -1,
            "limit": 2
          }
        ]
      },
      "artifact_paths": [
        ".rebake/report-*.json",
        ".rebake/junit-*.xml"
      ]
    },
    {
      "label": "build api-golang",
      "key": "rebake-api-golang",
      "depends_on": [
        "rebake-migrator"
      ],
      "command": [
        "buildkite-agent artifact download .rebake/plan.json .",
        "exec rebake build --push --plan .rebake/plan.json --only /"$REBAKE_ONLY/" --report /".rebake/report-$BUILDKITE_JOB_ID.json/" --junit /".rebake/junit-$BUILDKITE_JOB_ID.xml/""
      ],
      "env": {
        "REBAKE_ONLY": "api-golang"
      },
      "retry": {
        "automatic": [
          {
            "exit_status": -1,
            "limit": 2
          }
        ]
      },
      "artifact_paths": [
        ".rebake/report-*.json",
        ".rebake/junit-*.xml"
      ]
    }
  ]
}

"#]]);
}

#[test]
fn capstone_as_a_configuration_of_circleci() {
    capstone().rebake(["plan", "--push", "--format", "circleci"]).success().stdout(str![[r#"
{
  "version": 2.1,
...
  "commands": {
    "rebake-plan": {
      "steps": [
        {
          "run": {
            "command": "mkdir -p .git/rebake-job && printf %s '{[..]}' > .git/rebake-job/plan.json",
            "name": "plan"
          }
        }
      ]
    }
  },
  "jobs": {
    "rebake-build": {
      "docker": [
        {
          "image": "<< pipeline.parameters.rebake-image >>"
        }
      ],
      "environment": {
        "REBAKE_ENVIRONMENT": "local",
        "REBAKE_ONLY": "<< parameters.only >>"
      },
      "parameters": {
        "only": {
          "type": "string"
        }
      },
      "steps": [
        "checkout",
        "setup_remote_docker",
        "rebake-plan",
        {
          "run": {
            "command": "exec rebake build --push --plan .git/rebake-job/plan.json --only /"$REBAKE_ONLY/" --report /".git/rebake-job/report-$CIRCLE_WORKFLOW_JOB_ID.json/" --junit /".git/rebake-job/junit-$CIRCLE_WORKFLOW_JOB_ID.xml/"",
            "name": "build"
          }
        },
        {
          "store_artifacts": {
            "path": ".git/rebake-job"
          }
        },
        {
          "store_test_results": {
            "path": ".git/rebake-job"
          }
        }
      ]
    }
  },
  "workflows": {
    "rebake": {
      "jobs": [
        {
          "rebake-build": {
            "name": "build-migrator",
            "only": "migrator",
            "filters": {
              "tags": {
                "only": "/.*/"
              }
            }
          }
        },
        {
          "rebake-build": {
            "name": "build-api-golang",
            "only": "api-golang",
            "requires": [
              "build-migrator"
            ],
            "filters": {
              "tags": {
                "only": "/.*/"
              }
            }
          }
        }
      ]
    }
  }
}

"#]]);
}

#[test]
fn capstone_as_variables_of_azure() {
    capstone().rebake(["plan", "--push", "--format", "azure"]).success().stdout(str![[r###"
##vso[task.setvariable variable=levels;isOutput=true]2
##vso[task.setvariable variable=any_0;isOutput=true]true
##vso[task.setvariable variable=matrix_0;isOutput=true]{"build_migrator":{"REBAKE_ONLY":"migrator"}}
##vso[task.setvariable variable=any_1;isOutput=true]true
##vso[task.setvariable variable=matrix_1;isOutput=true]{"build_api_golang":{"REBAKE_ONLY":"api-golang"}}

"###]]);
}

#[test]
fn capstone_as_a_workflow_of_argo() {
    capstone().rebake(["plan", "--push", "--format", "argo"]).success().stdout(str![[r#"
{
  "apiVersion": "argoproj.io/v1alpha1",
  "kind": "Workflow",
  "metadata": {
    "generateName": "rebake-"
  },
  "spec": {
    "entrypoint": "plan",
    "templates": [
      {
        "name": "plan",
        "dag": {
          "failFast": false,
          "tasks": [
            {
              "name": "build-migrator",
              "templateRef": {
                "name": "rebake",
                "template": "build"
              },
              "arguments": {
                "parameters": [
                  {
                    "name": "only",
                    "value": "migrator"
                  }
                ]
              }
            },
            {
              "name": "build-api-golang",
              "depends": "build-migrator.Succeeded",
              "templateRef": {
                "name": "rebake",
                "template": "build"
              },
              "arguments": {
                "parameters": [
                  {
                    "name": "only",
                    "value": "api-golang"
                  }
                ]
              }
            }
          ]
        }
      }
    ]
  }
}

"#]]);
}

#[test]
fn nothing_to_rebuild_is_a_pipeline_that_does_nothing() {
    let empty = saved(&[]);
    write(&empty, "github", &[], 0).stdout(str![[r#"
any=false
count=0
matrix={"include":[]}
levels=0

"#]]);
    write(&empty, "gitlab", &[], 0).stdout(str![[r#"
{
  "stages": [
    "build"
  ],
  "workflow": {
    "rules": [
      {
        "when": "always"
      }
    ]
  },
  "nothing to rebuild": {
    "stage": "build",
    "needs": [],
    "script": [
      "echo nothing to rebuild"
    ],
    "variables": {
      "GIT_STRATEGY": "none"
    }
  }
}

"#]]);
    write(&empty, "buildkite", &[], 0).stdout(str![[r#"
{
  "steps": [
    {
      "label": "nothing to rebuild",
      "key": "rebake",
      "command": [
        "echo nothing to rebuild"
      ]
    }
  ]
}

"#]]);
    write(&empty, "azure", &[], 0).stdout(str![[r#"
##vso[task.setvariable variable=levels;isOutput=true]0

"#]]);
    write(&empty, "argo", &[], 0).stdout("");
}

#[test]
fn nothing_to_rebuild_is_a_job_of_circleci_that_does_nothing() {
    write(&saved(&[]), "circleci", &[], 0).stdout(str![[r#"
{
  "version": 2.1,
  "parameters": {
...
  },
  "jobs": {
    "rebake-nothing": {
      "docker": [
        {
          "image": "<< pipeline.parameters.rebake-image >>"
        }
      ],
      "steps": [
        {
          "run": "echo nothing to rebuild"
        }
      ]
    }
  },
  "workflows": {
    "rebake": {
      "jobs": [
        {
          "rebake-nothing": {
            "name": "nothing-to-rebuild",
            "filters": {
              "tags": {
                "only": "/.*/"
              }
            }
          }
        }
      ]
    }
  }
}

"#]]);
}

#[test]
fn what_an_engine_would_refuse_is_refused() {
    let over =
        |format: &str, services: &[(String, Vec<usize>)], args: &[&str]| write(&saved(services), format, args, 4);
    over("github", &independent(257), &[]).stderr(str![[r#"
error[format]: the number of jobs of the matrix is 257, and GitHub Actions takes at most 256
 |
 = help: put many services into one job with `--pack component` or `--pack N`, or choose fewer services with `--only`

"#]]);
    over("gitlab", &fan_in(51), &[]).stderr(str![[r#"
error[format]: the number of jobs that a job needs is 51, and GitLab takes at most 50
 |
 = help: put many services into one job with `--pack component` or `--pack N`, or choose fewer services with `--only`

"#]]);
    over("buildkite", &independent(501), &[]).stderr(str![[r#"
error[format]: the number of jobs of an upload is 501, and Buildkite takes at most 500
 |
 = help: put many services into one job with `--pack component` or `--pack N`, or choose fewer services with `--only`

"#]]);
    over("github", &fan_in(1), &["--levels", "1"]).stderr(str![[r#"
error[format]: the number of levels is 2, and the pipeline takes at most 1
 |
 = help: give the workflow jobs for more levels and raise `--levels`, or put services that depend on each other into one job with `--pack component`

"#]]);
    over("azure", &fan_in(1), &["--levels", "1"]).stderr(str![[r#"
error[format]: the number of levels is 2, and the pipeline takes at most 1
 |
 = help: give the workflow jobs for more levels and raise `--levels`, or put services that depend on each other into one job with `--pack component`

"#]]);
    let long = |length: usize| [("x".repeat(length), Vec::new())];
    over("argo", &long(123), &[]).stderr(str![[r#"
error[format]: the length of a job's name is 129, and Argo takes at most 128
 |
 = help: give the service a shorter name in filters.yaml

"#]]);
    over("azure", &long(95), &[]);
    over("gitlab", &long(250), &[]);
    let many: Vec<_> = (0..900).map(|number| (format!("{}-{number}", "x".repeat(900)), Vec::new())).collect();
    over("gitlab", &many, &[]);
    over("argo", &independent(5000), &[]);
    over("gitlab", &many, &["--pack", "1"]);

    // The largest that are not too large.
    write(&saved(&independent(256)), "github", &["--levels", "1"], 0);
    write(&saved(&fan_in(50)), "gitlab", &[], 0);
    write(&saved(&independent(500)), "buildkite", &[], 0);
}

/// The services of each job, by the name that the engine has for the job.
fn jobs_of_gitlab(services: &[(String, Vec<usize>)], pack: &str) -> Vec<(String, String, usize)> {
    let text = write(&saved(services), "gitlab", &["--pack", pack], 0).text();
    let document: Value = serde_json::from_str(&text).unwrap();
    let jobs = document.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("build "));
    let job = |(name, job): (&String, &Value)| {
        let only = job["variables"]["REBAKE_ONLY"].as_str().unwrap().to_owned();
        (name.clone(), only, job["needs"].as_array().unwrap().len() - 1)
    };
    jobs.map(job).collect()
}

#[test]
fn services_are_packed_as_asked() {
    let names = |jobs: &[(&str, &str, usize)]| -> Vec<(String, String, usize)> {
        jobs.iter().map(|(name, only, needs)| ((*name).to_owned(), (*only).to_owned(), *needs)).collect()
    };
    // d ← a ← c, b alone, e alone.
    let services: Vec<(String, Vec<usize>)> =
        [("d", vec![]), ("b", vec![]), ("a", vec![0]), ("c", vec![2]), ("e", vec![])]
            .map(|(name, needs)| (name.to_owned(), needs))
            .into();
    assert_eq!(
        jobs_of_gitlab(&services, "service"),
        names(&[
            ("build a", "a", 1),
            ("build b", "b", 0),
            ("build c", "c", 1),
            ("build d", "d", 0),
            ("build e", "e", 0)
        ])
    );
    assert_eq!(
        jobs_of_gitlab(&services, "level"),
        names(&[("build level-0", "d,b,e", 0), ("build level-1", "a", 1), ("build level-2", "c", 1)])
    );
    assert_eq!(
        jobs_of_gitlab(&services, "component"),
        names(&[("build component-0", "d,a,c", 0), ("build component-1", "b", 0), ("build component-2", "e", 0)])
    );
    assert_eq!(jobs_of_gitlab(&services, "2"), names(&[("build part-0", "d,a,c", 0), ("build part-1", "b,e", 0)]));
    // What no engine takes job by job, it takes packed.
    for pack in ["level", "component", "100"] {
        write(&saved(&fan_in(1000)), "github", &["--pack", pack], 0);
        write(&saved(&fan_in(1000)), "buildkite", &["--pack", pack], 0);
    }
    write(&saved(&fan_in(1000)), "gitlab", &["--pack", "component"], 0);
}

#[test]
fn a_packed_matrix_says_what_each_job_builds() {
    write(&saved(&fan_in(2)), "github", &["--pack", "level", "--levels", "2"], 0).stdout(str![[r#"
any=true
count=3
matrix={"include":[{"job":"level-0","service":"service-0,service-1"},{"job":"level-1","service":"top"}]}
levels=2
any_0=true
matrix_0={"include":[{"job":"level-0","service":"service-0,service-1"}]}
any_1=true
matrix_1={"include":[{"job":"level-1","service":"top"}]}

"#]]);
}

/// An image that is not pushed is on one machine alone.
#[test]
fn what_is_not_pushed_shares_a_job_with_what_is_built_from_it() {
    // d ← a ← c, b alone, e ← f, of which d and e are not pushed; and what only waits for others has no image.
    let services: Services = [
        ("d", vec![]),
        ("b", vec![]),
        ("a", vec![0]),
        ("c", vec![2]),
        ("e", vec![]),
        ("waits", vec![4]),
        ("f", vec![5]),
    ]
    .map(|(name, needs)| (name.to_owned(), needs))
    .into();
    let mut plan: Value = serde_json::from_str(&saved(&services)).unwrap();
    for place in [0, 4] {
        plan["services"][place]["push"] = false.into();
    }
    plan["services"][5].as_object_mut().unwrap().remove("image");
    let outputs = write(&plan.to_string(), "github", &["--pack", "image", "--fields", "service,version"], 0).text();
    assert_eq!(
        outputs,
        r#"any=true
count=7
matrix={"include":[{"job":"d+1","service":"d,a"},{"service":"b","version":"1.0.9-0047-188f7a2"},{"service":"c","version":"1.0.9-0047-188f7a2"},{"job":"e+2","service":"e,waits,f"}]}
levels=2
any_0=true
matrix_0={"include":[{"job":"d+1","service":"d,a"},{"service":"b","version":"1.0.9-0047-188f7a2"},{"job":"e+2","service":"e,waits,f"}]}
any_1=true
matrix_1={"include":[{"service":"c","version":"1.0.9-0047-188f7a2"}]}
"#
    );
    for more in [&["--pack", "service"][..], &["--fields", "service"]] {
        let alone = write(&plan.to_string(), "github", more, 0).text();
        assert!(!alone.contains(r#""job""#) && alone.contains("levels=3"), "{alone}");
    }
    let document: Value = serde_json::from_str(&write(&plan.to_string(), "gitlab", &[], 0).text()).unwrap();
    assert_eq!(document["build d-1"]["variables"]["REBAKE_ONLY"], "d,a");
    assert_eq!(document["build c"]["needs"][1]["job"], "build d-1");
    let levels = write(&plan.to_string(), "github", &["--pack", "level"], 0).text();
    assert!(levels.contains(r#"matrix_1={"include":[{"job":"level-1","service":"c"}]}"#), "{levels}");
}

#[test]
fn formats_without_jobs_are_not_packed() {
    write(&saved(&[]), "json", &["--pack", "level"], 2).stderr(str![[r#"
error[pack]: `--pack` is about the jobs of an engine, and this format has none
 |
 = help: use it with `--ci` or the format of an engine; `--levels` with github and azure, which have no dependencies between jobs

"#]]);
    write(&saved(&[]), "gitlab", &["--levels", "2"], 2).stderr(str![[r#"
error[pack]: `--levels` is about the jobs of an engine, and this format has none
 |
 = help: use it with `--ci` or the format of an engine; `--levels` with github and azure, which have no dependencies between jobs

"#]]);
    write(&saved(&[]), "gitlab", &["--pack", "0"], 2).stderr(str![[r#"
error: invalid value '0' for '--pack <UNIT|N>': services are packed by `image`, `service`, `level`, `component`, or into a number of jobs, 1 or more

For more information, try '--help'.

"#]]);
}

#[test]
fn a_summary_has_the_graph_and_what_can_be_pulled() {
    let args = ["plan", "--push", "--environment", "staging", "--format", "markdown"];
    capstone().rebake(args).success().stdout(str![[r####"
### rebake plan

ae50ffa..ebe1ed6 and the work tree: the last commit, since nothing is ahead of main

| service | version | tags | why |
| --- | --- | --- | --- |
| <code>migrator</code> | <code>1.2.0-0001-ebe1ed6</code> | <code>ghcr.io/acme/migrator:1.2.0-0001-ebe1ed6</code> | services/other/migrator/migrations/0002&#95;orders.sql added, matches services/other/migrator/&#42;&#42; |
| <code>api-golang</code> | <code>1.0.9-0001-ebe1ed6</code> | <code>ghcr.io/acme/api-golang:1.0.9-0001-ebe1ed6</code> | services/other/migrator/migrations/0002&#95;orders.sql added, matches services/other/migrator/&#42;&#42;<br>depends on migrator |

```mermaid
graph LR
  s0["migrator"]
  s1["api-golang"]
  s0 --> s1
```

Once they are built:

<pre>docker pull ghcr.io/acme/migrator:1.2.0-0001-ebe1ed6
docker pull ghcr.io/acme/api-golang:1.0.9-0001-ebe1ed6</pre>

"####]]);
}

#[test]
fn a_summary_is_no_longer_than_github_takes() {
    let text = write(&saved(&independent(40_000)), "markdown", &[], 0).text();
    assert!(text.len() < 1 << 20, "{}", text.len());
    assert!(text.ends_with("_The summary is longer than GitHub takes; the plan has the rest._\n"));
    // More than Mermaid draws is not drawn.
    assert!(write(&saved(&fan_in(500)), "markdown", &[], 0).text().contains("```mermaid"));
    assert!(!write(&saved(&fan_in(501)), "markdown", &[], 0).text().contains("mermaid"));
}

/// For a tag, CircleCI leaves out every job that does not ask for tags: a release would build nothing.
#[test]
fn each_job_of_circleci_runs_for_tags_too() {
    for services in [independent(0), fan_in(2)] {
        let document: Value = serde_json::from_str(&write(&saved(&services), "circleci", &[], 0).text()).unwrap();
        let jobs = document["workflows"]["rebake"]["jobs"].as_array().unwrap();
        assert!(!jobs.is_empty());
        for job in jobs.iter().flat_map(|job| job.as_object().unwrap().values()) {
            assert_eq!(job["filters"], serde_json::json!({"tags": {"only": "/.*/"}}), "{job}");
        }
    }
}

#[test]
fn jobs_record_and_promote_where_the_plan_asks_for_it() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  api: {path: api, run: 'true'}\n").write("api/x", "").commit("first");
    let plan = repo.rebake(["plan", "--all", "--format=json"]).success().text();
    let mut plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let mut written = |record: bool, promote: bool, any: bool| {
        plan["built"] = if record { serde_json::json!({}) } else { serde_json::Value::Null };
        plan["promote"] = promote.into();
        if !any {
            plan["services"] = serde_json::json!([]);
        }
        repo.write(".git/plan.json", plan.to_string());
        ["gitlab", "buildkite", "circleci", "argo"].map(|format| {
            let args = ["plan", "--plan=.git/plan.json", "--format", format];
            repo.rebake(args).success().text()
        })
    };
    for (text, engine) in written(true, true, true).iter().zip(["gitlab", "buildkite", "circleci", "argo"]) {
        // Argo's commands stand in the cluster.
        let commands = engine != "argo";
        assert_eq!(text.contains("$REBAKE_ONLY\\\" --record"), commands, "{text}");
        assert_eq!(text.contains("plan.json --record"), commands, "{text}");
        assert!(text.contains("promote"), "{text}");
    }
    for text in written(false, false, true) {
        assert!(!text.contains("--record") && !text.contains("rebake promote"), "{text}");
    }
    for text in written(false, true, false) {
        assert!(text.contains("promote") && !text.contains("nothing to rebuild"), "{text}");
    }
}

/// Lets every second service of a saved plan ask for something, on each engine.
pub(crate) fn asking(plan: &str) -> String {
    let mut plan: Value = serde_json::from_str(plan).unwrap();
    for (number, service) in plan["services"].as_array_mut().unwrap().iter_mut().enumerate() {
        service["time_limit"] = json!(1800);
        if number % 2 == 1 {
            continue;
        }
        service["ci"] = json!({
            "argo": {"template": "arm64", "parameters": {"size": 2}},
            "azure": {"pool": "big"},
            "bitbucket": {
                "before-script": ["docker login"], "image": "acme/builder:1", "runs-on": ["self.hosted", "linux"],
                "services": ["docker"],
            },
            "buildkite": {"agents": {"queue": "arm64"}, "env": {"A": "b"}, "plugins": [{"docker-login#v3.0.0": {"username": "x"}}]},
            "circleci": {
                "context": ["registry"], "environment": {"A": "b"}, "resource_class": "arm.large",
                "steps": [{"run": "docker login"}],
            },
            "gitlab": {
                "before_script": ["docker login"], "image": "acme/builder:1", "services": ["docker:28-dind"],
                "tags": ["arm64"], "variables": {"A": "b", "REBAKE_ONLY": "other"},
            },
            "jenkins": {"label": "arm64"},
        });
    }
    plan.to_string()
}

/// A plan of one service that asks for something.
fn asked() -> String {
    asking(&saved(&[("api".to_owned(), Vec::new())]))
}

#[test]
fn jobs_of_gitlab_have_what_their_services_ask_for() {
    write(&asked(), "gitlab", &[], 0).stdout(str![[r#"
{
  "stages": [
    "build"
  ],
  "workflow": {
    "rules": [
      {
        "when": "always"
      }
    ]
  },
  "build api": {
    "stage": "build",
    "needs": [
      {
        "job": "rebake-plan",
        "pipeline": "$PARENT_PIPELINE_ID"
      }
    ],
    "script": [
      "rebake build --plan .rebake/plan.json --only /"$REBAKE_ONLY/" --report /".rebake/report-$CI_JOB_ID.json/" --junit /".rebake/junit-$CI_JOB_ID.xml/""
    ],
    "variables": {
      "A": "b",
      "REBAKE_ONLY": "api"
    },
    "timeout": "40 minutes",
    "retry": {
      "max": 1,
      "when": [
        "runner_system_failure"
      ]
    },
    "artifacts": {
      "paths": [
        ".rebake/report-*.json"
      ],
      "reports": {
        "junit": ".rebake/junit-*.xml"
      },
      "when": "always"
    },
    "before_script": [
      "docker login"
    ],
    "image": "acme/builder:1",
    "services": [
      "docker:28-dind"
    ],
    "tags": [
      "arm64"
    ]
  }
}

"#]]);
}

#[test]
fn jobs_of_buildkite_have_what_their_services_ask_for() {
    write(&asked(), "buildkite", &[], 0).stdout(str![[r#"
{
  "steps": [
    {
      "label": "build api",
      "key": "rebake-api",
      "command": [
        "buildkite-agent artifact download .rebake/plan.json .",
        "exec rebake build --plan .rebake/plan.json --only /"$REBAKE_ONLY/" --report /".rebake/report-$BUILDKITE_JOB_ID.json/" --junit /".rebake/junit-$BUILDKITE_JOB_ID.xml/""
      ],
      "env": {
        "A": "b",
        "REBAKE_ONLY": "api"
      },
      "timeout_in_minutes": 40,
      "retry": {
        "automatic": [
          {
            "exit_status": -1,
            "limit": 2
          }
        ]
      },
      "artifact_paths": [
        ".rebake/report-*.json",
        ".rebake/junit-*.xml"
      ],
      "agents": {
        "queue": "arm64"
      },
      "plugins": [
        {
          "docker-login#v3.0.0": {
            "username": "x"
          }
        }
      ]
    }
  ]
}

"#]]);
}

#[test]
fn jobs_of_other_engines_have_what_their_services_ask_for() {
    let plan = asked();
    write(&plan, "azure", &[], 0).stdout(str![[r###"
##vso[task.setvariable variable=levels;isOutput=true]1
##vso[task.setvariable variable=any_0;isOutput=true]true
##vso[task.setvariable variable=matrix_0;isOutput=true]{"build_api":{"pool":"big","REBAKE_ONLY":"api"}}
##vso[task.setvariable variable=minutes_0;isOutput=true]40

"###]]);
    write(&plan, "argo", &[], 0).stdout(str![[r#"
{
  "apiVersion": "argoproj.io/v1alpha1",
  "kind": "Workflow",
  "metadata": {
    "generateName": "rebake-"
  },
  "spec": {
    "entrypoint": "plan",
    "templates": [
      {
        "name": "plan",
        "dag": {
          "failFast": false,
          "tasks": [
            {
              "name": "build-api",
              "templateRef": {
                "name": "rebake",
                "template": "arm64"
              },
              "arguments": {
                "parameters": [
                  {
                    "name": "only",
                    "value": "api"
                  },
                  {
                    "name": "size",
                    "value": "2"
                  },
                  {
                    "name": "activeDeadlineSeconds",
                    "value": "2400"
                  }
                ]
              }
            }
          ]
        }
      }
    ]
  }
}

"#]]);
    write(&plan, "jenkins", &[], 0).stdout(str![[r#"
{
  "levels": [
    [
      {
        "name": "api",
        "only": "api",
        "minutes": 40,
        "label": "arm64"
      }
    ]
  ],
  "build": "rebake build --plan .rebake/plan.json --only /"$REBAKE_ONLY/" --report /".rebake/report-$REBAKE_JOB.json/" --junit /".rebake/junit-$REBAKE_JOB.xml/""
}

"#]]);
}

#[test]
fn jobs_that_bring_their_plan_have_what_their_services_ask_for() {
    let plan = asked();
    let circleci: Value = serde_json::from_str(&write(&plan, "circleci", &[], 0).text()).unwrap();
    let job = &circleci["jobs"]["rebake-build"];
    assert_eq!(job["resource_class"], "arm.large");
    assert_eq!(
        job["environment"],
        json!({"A": "b", "REBAKE_ENVIRONMENT": "staging", "REBAKE_ONLY": "<< parameters.only >>"})
    );
    assert_eq!(job["steps"][2], json!({"run": "docker login"}));
    assert_eq!(job["steps"][4]["run"]["no_output_timeout"], "40m");
    assert_eq!(circleci["workflows"]["rebake"]["jobs"][0]["rebake-build"]["context"], json!(["registry"]));
    let bitbucket: Value = serde_json::from_str(&write(&plan, "bitbucket", &[], 0).text()).unwrap();
    let step = &bitbucket["pipelines"]["default"][1]["step"];
    assert_eq!((&step["image"], &step["max-time"]), (&json!("acme/builder:1"), &json!(40)));
    assert_eq!(step["script"][0], "docker login");
    assert_eq!(step["script"][1], "export REBAKE_ONLY='api'");
}

/// An image that exists is tagged by a job with the login of its service.
#[test]
fn the_job_that_tags_has_what_its_service_asks_for() {
    let mut plan: Value = serde_json::from_str(&asked()).unwrap();
    let digest = format!("sha256:{}", "0".repeat(64));
    // Another image has all its tags.
    let mut other = plan["services"][0].clone();
    (other["service"], other["ci"]) = ("other".into(), json!({}));
    other["exists"] = json!({"reference": "ghcr.io/acme/other:fp2-x", "digest": digest});
    plan["services"][0]["exists"] = json!({"reference": "ghcr.io/acme/api:fp2-x", "digest": digest, "lacks": ["x"]});
    plan["services"].as_array_mut().unwrap().insert(0, other);
    plan["promote"] = true.into();
    let written =
        |engine: &str| serde_json::from_str::<Value>(&write(&plan.to_string(), engine, &[], 0).text()).unwrap();
    assert_eq!(written("gitlab")["promote"]["before_script"], json!(["docker login"]));
    assert_eq!(written("buildkite")["steps"][0]["agents"], json!({"queue": "arm64"}));
    let circleci = written("circleci");
    assert_eq!(circleci["jobs"]["rebake-promote"]["steps"][1], json!({"run": "docker login"}));
    assert_eq!(circleci["workflows"]["rebake"]["jobs"][0]["rebake-promote"]["context"], json!(["registry"]));
    let bitbucket = written("bitbucket");
    assert_eq!(bitbucket["pipelines"]["default"][1]["step"]["script"][0], "docker login");
    assert_eq!(written("jenkins")["promote"]["label"], "arm64");
    let argo = &written("argo")["spec"]["templates"][0]["dag"]["tasks"][0];
    assert_eq!(argo["arguments"]["parameters"], json!([{"name": "size", "value": "2"}]));
}

#[test]
fn services_that_ask_for_different_things_share_no_job() {
    let plan = asking(&saved(&independent(2)));
    for engine in ["gitlab", "buildkite", "circleci", "azure", "argo", "jenkins", "bitbucket"] {
        let said = String::from_utf8(write(&plan, engine, &["--pack", "1"], 2).stderr).unwrap();
        let message = format!("error[format]: `service-0` and `service-1` share a job, and their `ci.{engine}` differ");
        assert!(said.contains(&message), "{said}");
        write(&plan, engine, &[], 0);
    }
    let hostile = plan.replace("\"tags\":[\"arm64\"]", "\"script\":[\"x\"]");
    assert_ne!(hostile, plan);
    let said = String::from_utf8(write(&hostile, "gitlab", &[], 2).stderr).unwrap();
    assert!(said.contains("`script` cannot be set for a job of gitlab"), "{said}");
}

/// Two jobs of one name would be one branch of a Jenkinsfile.
#[test]
fn jobs_of_jenkins_have_names_of_their_own() {
    let plan = saved(&[("a/b".to_owned(), Vec::new()), ("a-b".to_owned(), Vec::new())]);
    let said = String::from_utf8(write(&plan, "jenkins", &[], 2).stderr).unwrap();
    assert!(said.contains("`a/b` and `a-b` would both be the job a-b"), "{said}");
}

#[test]
fn the_job_that_tags_counts_among_those_of_an_upload() {
    let mut plan: Value = serde_json::from_str(&saved(&independent(501))).unwrap();
    plan["promote"] = true.into();
    let digest = format!("sha256:{}", "0".repeat(64));
    plan["services"][0]["exists"] = json!({"reference": "ghcr.io/acme/a:fp2-x", "digest": digest, "lacks": ["x"]});
    write(&plan.to_string(), "buildkite", &[], 4);
}

#[test]
fn a_step_of_bitbucket_takes_no_longer_than_bitbucket_allows() {
    let mut plan: Value = serde_json::from_str(&saved(&independent(1))).unwrap();
    plan["services"][0]["time_limit"] = 200_000.into();
    let bitbucket: Value = serde_json::from_str(&write(&plan.to_string(), "bitbucket", &[], 0).text()).unwrap();
    assert_eq!(bitbucket["pipelines"]["default"][1]["step"]["max-time"], 720);
}

#[test]
fn a_level_of_azure_may_take_as_long_as_its_longest_job() {
    let limits = |limits: [Option<u64>; 3]| {
        let mut plan: Value = serde_json::from_str(&saved(&fan_in(2))).unwrap();
        for (service, limit) in plan["services"].as_array_mut().unwrap().iter_mut().zip(limits) {
            service["time_limit"] = limit.into();
        }
        let text = write(&plan.to_string(), "azure", &[], 0).text();
        let minutes = text.lines().filter_map(|line| line.strip_prefix("##vso[task.setvariable variable=minutes_"));
        minutes.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(limits([Some(600), Some(1800), Some(60)]), ["0;isOutput=true]40", "1;isOutput=true]11"]);
    assert_eq!(limits([Some(600), None, Some(60)]), ["1;isOutput=true]11"]);
}

#[test]
fn a_service_of_argo_names_its_own_time_limit() {
    let mut plan: Value = serde_json::from_str(&saved(&independent(2))).unwrap();
    plan["services"][0]["time_limit"] = 60.into();
    plan["services"][0]["ci"] = json!({"argo": {"parameters": {"activeDeadlineSeconds": 9}}});
    let document: Value = serde_json::from_str(&write(&plan.to_string(), "argo", &[], 0).text()).unwrap();
    let tasks = &document["spec"]["templates"][0]["dag"]["tasks"];
    let parameters = |task: usize| tasks[task]["arguments"]["parameters"].clone();
    let only = |name: &str| json!({"name": "only", "value": name});
    assert_eq!(parameters(0), json!([only("service-0"), {"name": "activeDeadlineSeconds", "value": "9"}]));
    assert_eq!(parameters(1), json!([only("service-1")]));
}

/// The page shows the templates that the tasks run.
#[test]
fn the_templates_of_argo_take_what_tasks_hand_on() {
    let page = crate::source::read("docs/engine/argo.md");
    let (_, block) = page.split_once("```yaml\n").unwrap();
    let shown: Value = serde_yaml::from_str(block.split_once("```").unwrap().0).unwrap();
    let template = |name: &str| {
        let templates = shown["spec"]["templates"].as_array().unwrap();
        templates.iter().find(|template| template["name"] == name).unwrap().clone()
    };
    let mut plan: Value = serde_json::from_str(&building_and_tagging()).unwrap();
    plan["services"][1]["time_limit"] = 60.into();
    plan["services"][1]["ci"] = json!({"argo": {"parameters": {"arch": "arm64"}}});
    let arch = json!({"kubernetes.io/arch": "{{inputs.parameters.arch}}"});
    assert_eq!(template("build")["nodeSelector"], arch);
    let workflow: Value = serde_json::from_str(&write(&plan.to_string(), "argo", &[], 0).text()).unwrap();
    let tasks = workflow["spec"]["templates"][0]["dag"]["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 2, "{workflow}");
    for task in tasks {
        let template = template(task["templateRef"]["template"].as_str().unwrap());
        let names = |of: &Value| -> Vec<String> {
            let parameters = of["parameters"].as_array().into_iter().flatten();
            parameters.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(&task["arguments"]), names(&template["inputs"]), "{task}");
        let args: Vec<&str> =
            template["container"]["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
        assert!(args.contains(&"--record"), "{args:?}");
        Repo::new().rebake([&args[..], &["--help"]].concat()).success();
    }
}

/// The engines whose jobs have commands of rebake.
const COMMANDS: [&str; 5] = ["gitlab", "buildkite", "circleci", "bitbucket", "jenkins"];

/// A plan with a service to build and an image that lacks a tag.
fn building_and_tagging() -> String {
    let mut plan: Value = serde_json::from_str(&saved(&independent(2))).unwrap();
    plan["built"] = json!({});
    plan["promote"] = true.into();
    let digest = format!("sha256:{}", "0".repeat(64));
    plan["services"][0]["exists"] =
        json!({"reference": "ghcr.io/acme/service-0:fp2-x", "digest": digest, "lacks": ["x"]});
    plan.to_string()
}

/// The commands of rebake in a document, without `exec`.
fn commands(document: &Value, found: &mut Vec<String>) {
    match document {
        Value::String(text) => {
            let command = text.strip_prefix("exec ").unwrap_or(text);
            found.extend(command.starts_with("rebake ").then(|| command.to_owned()));
        }
        Value::Array(values) => values.iter().for_each(|value| commands(value, found)),
        Value::Object(values) => values.values().for_each(|value| commands(value, found)),
        _ => {}
    }
}

/// The commands of rebake in the pipeline of an engine: one that builds, and one that tags.
fn written_commands(plan: &str, engine: &str, args: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    commands(&serde_json::from_str(&write(plan, engine, args, 0).text()).unwrap(), &mut found);
    found.sort();
    let verbs: Vec<&str> = found.iter().filter_map(|command| command.split(' ').nth(1)).collect();
    assert_eq!(verbs, ["build", "promote"], "{engine}: {found:?}");
    found
}

#[test]
fn jobs_get_the_flags_that_their_commands_need() {
    let plan = building_and_tagging();
    let told = [
        "--config=ci/<<x>> it's.yaml",
        "--token-env=TOKEN",
        "--quantifier=every",
        "--default-branch=trunk",
        "--push",
        "--fetch-timeout=7",
        "--registry-timeout=8",
    ];
    for engine in COMMANDS {
        for command in written_commands(&plan, engine, &told) {
            // CircleCI would fill in an expression.
            assert!(!command.contains("<<"), "{engine}: {command}");
            let script = command.replacen("rebake", r"printf '%s\n'", 1);
            let read = Repo::new().program("bash").args(["-c", &script]).output().unwrap();
            let read = String::from_utf8(read.stdout).unwrap();
            assert_eq!(read.lines().skip(1).take(told.len()).collect::<Vec<_>>(), told, "{engine}: {command}");
        }
        let discovering = written_commands(&plan, engine, &["--discover", "--skip-existing"]);
        let begin = |command: &String| command.split(" --plan").next().unwrap().to_owned();
        let begins: Vec<String> = discovering.iter().map(begin).collect();
        assert_eq!(begins, ["rebake build --discover", "rebake promote --discover"], "{engine}");
    }
    // Their commands stand elsewhere.
    for engine in ["azure", "argo", "github"] {
        assert_eq!(write(&plan, engine, &told, 0).text(), write(&plan, engine, &[], 0).text(), "{engine}");
    }
}

#[test]
fn jobs_name_the_configuration_from_the_root_of_their_clone() {
    let repo = Repo::new();
    let plan = building_and_tagging();
    repo.write("ci/below/f.yaml", "").write("ci/plan.json", &plan);
    let begins = |run: crate::repo::Rebake, config: &str| {
        let mut found = Vec::new();
        commands(&serde_json::from_str(&run.success().text()).unwrap(), &mut found);
        assert_eq!(found.len(), 2, "{found:?}");
        for command in found {
            assert!(command.contains(&format!(" --config={config} --plan .rebake/plan.json")), "{command}");
        }
    };
    let format = ["--format", "gitlab", "--plan"];
    let within = |args: &[&str]| repo.rebake([&["-C", "ci", "plan"], args, &format, &["ci/plan.json"]].concat());
    begins(within(&["-c", "below/f.yaml"]), "ci/below/f.yaml");
    begins(within(&["-c", "../ci/./below/../below/f.yaml"]), "ci/below/f.yaml");
    let absolute = repo.dir().join("ci/below/f.yaml").to_str().unwrap().to_owned();
    begins(within(&["-c", &absolute]), "ci/below/f.yaml");
    begins(within(&[]).env("REBAKE_CONFIG", "below/f.yaml"), "ci/below/f.yaml");
    // A file that is no part of the clone has the same path everywhere.
    let outside = repo.dir().parent().unwrap().join("f.yaml").to_str().unwrap().to_owned();
    begins(within(&["-c", "../../f.yaml"]), &outside);
}

/// A job that starts with a flag that rebake does not have fails whatever it builds.
#[test]
fn jobs_have_flags_that_rebake_has() {
    for engine in COMMANDS {
        for command in written_commands(&building_and_tagging(), engine, &["--push"]) {
            let script = command.replacen("rebake", env!("CARGO_BIN_EXE_rebake"), 1) + " --help";
            let run = Repo::new().program("bash").args(["-c", &script]).output().unwrap();
            assert!(run.status.success(), "{engine}: {command}: {}", String::from_utf8_lossy(&run.stderr));
        }
    }
}
