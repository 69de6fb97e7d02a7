#!/bin/bash
# Signs a PUT address (Signature Version 4 in the query) with openssl alone, and sends a file to it with curl.
# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
# presigned-put.sh <file> <endpoint> <bucket> <key>    keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
set -euo pipefail
file=$1 endpoint=$2 path=/$3/$4
host=${endpoint#http://} region=${AWS_REGION:-us-east-1}
now=$(date -u +%Y%m%dT%H%M%SZ) day=$(date -u +%Y%m%d)
scope=$day/$region/s3/aws4_request

sha256() { openssl dgst -sha256 -r | cut -d' ' -f1; }
hmac() { printf %s "$2" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -r | cut -d' ' -f1; }

query="X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${AWS_ACCESS_KEY_ID}%2F${scope//\//%2F}"
query+="&X-Amz-Date=$now&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
canonical=$(printf 'PUT\n%s\n%s\nhost:%s\n\nhost\nUNSIGNED-PAYLOAD' "$path" "$query" "$host")
text=$(printf 'AWS4-HMAC-SHA256\n%s\n%s\n%s' "$now" "$scope" "$(printf %s "$canonical" | sha256)")

key=$(printf %s "AWS4$AWS_SECRET_ACCESS_KEY" | od -An -tx1 -v | tr -d ' \n')
for part in "$day" "$region" s3 aws4_request; do key=$(hmac "$key" "$part"); done
curl --fail-with-body -sS -T "$file" "$endpoint$path?$query&X-Amz-Signature=$(hmac "$key" "$text")"
