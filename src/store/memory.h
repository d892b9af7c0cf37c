/* The in-memory store: for tests and simulation; gone when closed. */
#pragma once

#include "store/store.h"

Store *store_memory_new(Clock *clock);
