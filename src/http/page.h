/* The page's HTML as it is embedded, for who answers with more than that (front.c). */
#pragma once

#include "http/context.h"
#include "http/response.h"
#include "web_assets.h"

const WebAsset *page_front(void);
/* What a file of the page goes with, whatever becomes of its body: what may be loaded from where, and what is to be loaded soon. */
void page_set_headers(Context *context, const WebAsset *asset, Response *response);
