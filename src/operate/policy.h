/* The least rights that the program needs for the settings in force, as an IAM policy: the actions that it calls and no other, on this bucket,
 * prefix, table, queue, key and model. IAM's names of actions and resources are those of AWS's Service Authorization Reference. */
#pragma once

#include "base/json.h"
#include "base/settings.h"

typedef enum { POLICY_SERVER, POLICY_SETUP } PolicyKind; /* what serves, works and reads; or also looks at and makes what `hansard setup` shows */

typedef struct {
    PolicyKind kind;
    bool uses_table;     /* the settings keep lists in DynamoDB */
    bool table_recovery; /* setup looks at point-in-time recovery, too */
} PolicyOptions;

/* A new reference. ERROR_CONFIG where the settings use nothing of AWS. */
bool policy_of(const Settings *settings, const PolicyOptions *options, json_t **policy, GError **error);
