#!/usr/bin/env bash
# Sends one report. ANDON_URL and ANDON_KEY must be set; ANDON_PROGRESS, ANDON_TEXT, ANDON_LINK
# and ANDON_LIMITED_UNTIL may be.
# Needs curl and jq, as GitHub's runners have them. It always succeeds: a report is no reason to lose an agent's work.
set -uo pipefail

warn() {
  echo "::warning title=Andon::$1"
  exit 0
}

[ -n "${ANDON_KEY:-}" ] || exit 0
[ -n "${ANDON_URL:-}" ] || warn 'Nothing was reported: the address of your Andon is not set.'
[ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] ||
  warn 'Nothing was reported: the job needs `permissions: id-token: write`, so that GitHub vouches for it.'

base="${ANDON_URL%/}"

body=$(jq -cn --arg andon "$ANDON_KEY" --arg progress "${ANDON_PROGRESS:-}" --arg text "${ANDON_TEXT:-}" \
  --arg url "${ANDON_LINK:-}" --arg limited "${ANDON_LIMITED_UNTIL:-}" '{andon: $andon}
    + (if $progress == "" then {} else {progress: ($progress | tonumber)} end)
    + (if $text == "" then {} else {text: $text[0:500]} end)
    + (if $url == "" then {} else {url: $url} end)
    + (if $limited == "" then {} else {limitedUntil: $limited} end)') ||
  warn 'Nothing was reported: `progress` is a number from 0 to 100.'

# Secrets reach curl through a descriptor: arguments can be read by every process of the machine.
token=$(curl --silent --show-error --fail --max-time 10 --retry 2 --get --data-urlencode "audience=$base" \
  --header @<(printf 'authorization: bearer %s\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN") \
  "$ACTIONS_ID_TOKEN_REQUEST_URL" | jq -er .value) ||
  warn 'Nothing was reported: GitHub gave no token.'
echo "::add-mask::$token"

status=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 20 --retry 3 --retry-max-time 60 \
  --header 'content-type: application/json' --header @<(printf 'authorization: Bearer %s\n' "$token") \
  --data-binary "$body" "$base/api/reports")
[ -z "${GITHUB_OUTPUT:-}" ] || echo "status=$status" >>"$GITHUB_OUTPUT"

case "$status" in
  204) ;;
  000) warn "Andon could not be reached at $base." ;;
  401) warn "Andon did not trust the token: is BASE_URL of your Andon exactly $base?" ;;
  409) warn 'This attempt is over for Andon: nothing more is taken from it.' ;;
  *) warn "Andon answered $status and took no report." ;;
esac
