/** The two pods' programs: HTTP/1 by Node, gRPC by grpcio, TLS by nginx, all asked by a client of Python's. */

export const SERVER = `
import { createServer } from "node:http";
createServer((request, response) => {
  let size = 0;
  request.on("data", (data) => { size += data.length; });
  request.on("end", () => {
    const path = request.url.split("?")[0];
    const status = path === "/missing" ? 404 : path === "/broken" ? 500 : request.method === "DELETE" ? 204 : 200;
    const body = status === 204 ? "" : path === "/big" ? "y".repeat(100000) : "size " + size;
    response.writeHead(status, status === 204 ? {} : { "content-length": body.length });
    response.end(body);
  });
}).listen(8080, "10.200.0.3");
`;

export const GRPC_SERVER = `
import grpc, concurrent.futures as futures
class Any(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method.endswith("Refused"): return grpc.unary_unary_rpc_method_handler(lambda request, context: context.abort(grpc.StatusCode.PERMISSION_DENIED, "no"))
        return grpc.unary_unary_rpc_method_handler(lambda request, context: request * 2)
server = grpc.server(futures.ThreadPoolExecutor(2))
server.add_generic_rpc_handlers((Any(),))
server.add_insecure_port("10.200.0.3:8090")
server.start()
server.wait_for_termination()
`;

export const NGINX = `
daemon off;
worker_processes 1;
pid /tmp/beside/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path /tmp/beside/body;
  proxy_temp_path /tmp/beside/proxy;
  fastcgi_temp_path /tmp/beside/fastcgi;
  uwsgi_temp_path /tmp/beside/uwsgi;
  scgi_temp_path /tmp/beside/scgi;
  server {
    listen 10.200.0.3:8443 ssl;
    ssl_certificate /tmp/beside/cert.pem;
    ssl_certificate_key /tmp/beside/key.pem;
    location / { return 200 "sealed"; }
  }
}
`;

/** Does what each line of its input names. Loads all before, so that what is watched is the traffic alone. */
export const CLIENT = `
import sys, ssl, socket, http.client, grpc
HOST = "10.200.0.3"
def ask(connection, method, path, body=None):
    connection.request(method, path, body)
    return connection.getresponse().read()
def keep():
    connection = http.client.HTTPConnection(HOST, 8080)
    for method, path, body in [("GET", "/first?secret=1", None), ("GET", "/missing", None), ("POST", "/sent", "x" * 5000), ("GET", "/big", None),
                               ("HEAD", "/head", None), ("DELETE", "/gone", None), ("GET", "/broken", None), ("PUT", "/put", "p" * 10), ("GET", "/last", None)]:
        ask(connection, method, path, body)
    connection.close()
def short():
    for index in range(5):
        connection = http.client.HTTPConnection(HOST, 8080)
        ask(connection, "GET", f"/short/{index}")
        connection.close()
def pipe():
    connection = socket.create_connection((HOST, 8080))
    connection.sendall(b"".join(b"GET /pipe/%d HTTP/1.1\\r\\nhost: cart\\r\\n\\r\\n" % index for index in range(3)))
    got = b""
    while got.count(b"size 0") < 3: got += connection.recv(65536)
    connection.close()
def rpc():
    with grpc.insecure_channel(HOST + ":8090") as channel:
        for index in range(3): channel.unary_unary("/shop.Cart/Add")(b"a" * 10)
        try: channel.unary_unary("/shop.Cart/Refused")(b"r")
        except grpc.RpcError: pass
def tls():
    for index in range(2):
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(HOST, 8443, context=context)
        for turn in range(2): ask(connection, "GET", f"/sealed/{index}{turn}")
        connection.close()
for line in sys.stdin:
    name = line.strip()
    {"keep": keep, "short": short, "pipe": pipe, "grpc": rpc, "tls": tls}[name]()
    print("done " + name, flush=True)
`;
