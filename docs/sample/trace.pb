”#
10.0.1.1ê?
10.0.0.9Ωï¡
ô ıÀÄÂöw±
Æ
´POST /login HTTP/1.1
host: shop.example
user-agent: shop-app/3.1
content-type: application/json
content-length: 49

{"user":"mia","password":"correct-horse-battery"}Â
ô ıÀÄΩåé‘
—
ŒHTTP/1.1 200 OK
set-cookie: session=9f0e1d2c3b4a59687766; HttpOnly
content-type: application/json
content-length: 83

{"token":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtaWEifQ.c2lnbmF0dXJlLW9mLXRoZS1zYW1wbGU"}