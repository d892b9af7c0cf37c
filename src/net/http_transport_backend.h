/* For those who implement a transport: the request has been checked. */
#pragma once

#include "net/http.h"

struct HttpTransport {
    bool (*send)(HttpTransport *transport, const HttpRequest *request, HttpResponse *response, GError **error);
    void (*close)(HttpTransport *transport);
};
