#!/usr/bin/env bash
# dynamodb-local.sh [run PORT [OPTION…]]: fetches DynamoDB Local (a server for tests, by DynamoDB's makers) into the prefix, once, and prints its folder.
# With "run PORT" it then becomes that server on 127.0.0.1:PORT: tables in memory, gone with the process; ready when the port answers.
. "$(dirname "$0")/common.sh"

out=$HANSARD_PREFIX/servers/dynamodb-local-$DYNAMODB_LOCAL_VERSION
work=$HANSARD_PREFIX/work/dynamodb-local

# One sum over name and content of every file, so that nothing that the package draws in can change unseen.
sum_of() { (cd "$1" && find . -type f -name '*.jar' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1); }

fetch() {
    rm -rf "$work" && mkdir -p "$work" "$(dirname "$out")"
    cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>hansard.setup</groupId><artifactId>dynamodb-local</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>$DYNAMODB_LOCAL_VERSION</version>
    </dependency>
  </dependencies>
</project>
POM
    say "fetching DynamoDB Local $DYNAMODB_LOCAL_VERSION (once; about 45 MB)"
    # The native libraries for this and other systems stand inside DynamoDB Local's own archive.
    run_logged "$work/fetch.log" mvn -B -f "$work/pom.xml" \
        "org.apache.maven.plugins:maven-dependency-plugin:$MAVEN_DEPENDENCY_PLUGIN_VERSION:copy-dependencies" \
        -DincludeScope=runtime -DexcludeTypes=so,dll,dylib -DoutputDirectory="$work/lib"
    [ "$(sum_of "$work/lib")" = "$DYNAMODB_LOCAL_SHA256" ] ||
        die "what was fetched for DynamoDB Local is not the expected set of files: its sum is $(sum_of "$work/lib"); see $work/lib"
    rm -rf "$out" && mv "$work/lib" "$out"
    rm -rf "$work"
}

[ -d "$out" ] || fetch
if [ "${1:-}" = run ]; then
    port=${2:?usage: setup/dynamodb-local.sh [run PORT [OPTION…]]}
    # Nothing about its users is sent anywhere; one heap of a known size; no compiler threads of a server that lives for minutes.
    export DDB_LOCAL_TELEMETRY=0
    exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -cp "$out/*" \
        com.amazonaws.services.dynamodbv2.local.main.ServerRunner -inMemory -sharedDb -disableTelemetry -port "$port" "${@:3}"
fi
echo "$out"
