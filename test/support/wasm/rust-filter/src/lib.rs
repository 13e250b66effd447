//! A filter as others write them: it asks a service whether a request may pass, and changes what passes.

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use std::time::Duration;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Trace);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(Gatekeeper { cluster: String::new() }) });
}}

struct Gatekeeper {
    cluster: String,
}

impl Context for Gatekeeper {}

impl RootContext for Gatekeeper {
    fn on_configure(&mut self, _size: usize) -> bool {
        self.cluster = self.get_plugin_configuration().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        !self.cluster.is_empty()
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Exchange { cluster: self.cluster.clone() }))
    }
}

struct Exchange {
    cluster: String,
}

impl Context for Exchange {
    fn on_http_call_response(&mut self, _token: u32, _headers: usize, body_size: usize, _trailers: usize) {
        let body = self.get_http_call_response_body(0, body_size).unwrap_or_default();
        if body == b"yes" {
            self.set_http_request_header("x-gate", Some("open"));
            self.resume_http_request();
        } else {
            self.send_http_response(403, vec![("x-gate", "shut")], Some(b"no entry\n"));
        }
    }
}

impl HttpContext for Exchange {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        let path = self.get_http_request_header(":path").unwrap_or_default();
        if path.starts_with("/panic") {
            panic!("asked to");
        }
        if path.starts_with("/open") {
            return Action::Continue;
        }
        match self.dispatch_http_call(
            &self.cluster.clone(),
            vec![(":method", "GET"), (":path", &path), (":authority", "gate")],
            None,
            vec![],
            Duration::from_secs(2),
        ) {
            Ok(_) => Action::Pause,
            Err(_) => {
                self.send_http_response(503, vec![], None);
                Action::Pause
            }
        }
    }

    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        self.set_http_response_header("content-length", None);
        self.add_http_response_header("x-filtered", "1");
        Action::Continue
    }

    fn on_http_response_body(&mut self, size: usize, end: bool) -> Action {
        if !end {
            return Action::Pause;
        }
        if let Some(body) = self.get_http_response_body(0, size) {
            self.set_http_response_body(0, size, &body.to_ascii_uppercase());
        }
        Action::Continue
    }

    fn on_log(&mut self) {
        log::info!("seen {:?}", self.get_property(vec!["request", "path"]).and_then(|bytes| String::from_utf8(bytes).ok()));
    }
}
