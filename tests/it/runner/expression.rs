//! Expressions of workflows: names with dots, texts, `==`, `!=`, `!`, `&&`, `||`, parentheses, and the functions that we
//! use.

use serde_json::{Map, Value, json};

type Contexts = Map<String, Value>;

/// The value of `${{ … }}` where that is all, else the text with every `${{ … }}` filled in.
pub(crate) fn evaluate(text: &str, contexts: &Contexts) -> Result<Value, String> {
    if let Some(inner) = text.trim().strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"))
        && !inner.contains("}}")
    {
        return Reader::read(inner, contexts);
    }
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${{") {
        let (inner, after) = behind.split_once("}}").ok_or("an expression is not closed")?;
        filled.push_str(before);
        filled.push_str(&shown(&Reader::read(inner, contexts)?));
        rest = after;
    }
    Ok(Value::String(filled + rest))
}

/// An `if`, which is an expression with or without `${{ }}`. Without a function of the status, `success()` is meant too.
pub(super) fn condition(condition: &Value, contexts: &Contexts) -> Result<bool, String> {
    let text = condition.as_str().unwrap_or("success()").trim();
    let text = text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(text);
    let asks = ["success()", "failure()", "always()", "cancelled()"].iter().any(|function| text.contains(function));
    let holds = truth(&Reader::read(text, contexts)?);
    Ok(holds && (asks || contexts["status"] == "success"))
}

pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn truth(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value != "" && value != &json!(0)
}

struct Reader<'a> {
    rest: &'a str,
    contexts: &'a Contexts,
}

impl<'a> Reader<'a> {
    fn read(text: &'a str, contexts: &'a Contexts) -> Result<Value, String> {
        let mut reader = Self { rest: text.trim(), contexts };
        let value = reader.either()?;
        if reader.rest.is_empty() { Ok(value) } else { Err(format!("what is `{}`?", reader.rest)) }
    }

    fn takes(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn either(&mut self) -> Result<Value, String> {
        let mut left = self.both()?;
        while self.takes("||") {
            let right = self.both()?;
            left = if truth(&left) { left } else { right };
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Value, String> {
        let mut left = self.comparison()?;
        while self.takes("&&") {
            let right = self.comparison()?;
            left = if truth(&left) { right } else { left };
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Value, String> {
        let left = self.value()?;
        if self.takes("==") {
            Ok(json!(shown(&left) == shown(&self.value()?)))
        } else if self.takes("!=") {
            Ok(json!(shown(&left) != shown(&self.value()?)))
        } else {
            Ok(left)
        }
    }

    fn value(&mut self) -> Result<Value, String> {
        if self.takes("!") {
            return Ok(json!(!truth(&self.value()?)));
        }
        if self.takes("(") {
            let value = self.either()?;
            return if self.takes(")") { Ok(value) } else { Err("a parenthesis is not closed".to_owned()) };
        }
        if let Some(behind) = self.rest.strip_prefix('\'') {
            let (text, rest) = behind.split_once('\'').ok_or("a text is not closed")?;
            self.rest = rest.trim_start();
            return Ok(json!(text));
        }
        let word = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let end = self.rest.find(|c| !word(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        if self.takes("(") {
            let argument = if self.rest.starts_with(')') { Value::Null } else { self.either()? };
            return if self.takes(")") { self.call(name, &argument) } else { Err(format!("{name} is not closed")) };
        }
        let path = |value: Value, key: &str| value.get(key).cloned().unwrap_or_default();
        Ok(name.split('.').fold(Value::Object(self.contexts.clone()), path))
    }

    fn call(&self, name: &str, argument: &Value) -> Result<Value, String> {
        let status = &self.contexts["status"];
        match name {
            "always" => Ok(json!(true)),
            "cancelled" => Ok(json!(false)),
            "success" => Ok(json!(status == "success")),
            "failure" => Ok(json!(status == "failure")),
            "toJSON" => Ok(json!(format!("{argument:#}"))),
            "fromJSON" => serde_json::from_str(&shown(argument)).map_err(|error| format!("fromJSON: {error}")),
            _ => Err(format!("there is no function {name}")),
        }
    }
}
