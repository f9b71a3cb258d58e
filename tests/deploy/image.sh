#!/usr/bin/env bash
# Builds the image and tries it as a platform would: not as root, the root file system read-only, a volume at /data, SIGTERM at the end.
#
# Needs one of docker, podman or buildah, and a registry to pull BASE and UV from (or images of one's own in their place):
#   make image
#   make image BASE=localhost/python-base UV_IMAGE=localhost/uv     # buildah without an engine: as root, it takes chroot isolation
set -euo pipefail
cd "$(dirname "$0")/../.."

image=localhost/paperboy
arguments=()
[ -z "${BASE:-}" ] || arguments+=(--build-arg "BASE=$BASE")
[ -z "${UV:-}" ] || arguments+=(--build-arg "UV=$UV")
largest=${LARGEST:-300000000}
say() { printf '== %s\n' "$*"; }

engine=""
for one in docker podman; do
  if command -v "$one" >/dev/null && "$one" info >/dev/null 2>&1; then engine=$one; break; fi
done
if [ -z "$engine" ] && ! command -v buildah >/dev/null; then
  echo "make image needs an engine that answers (docker, podman), or buildah: on Debian, apt install buildah" >&2
  exit 1
fi

if [ -n "$engine" ]; then
  say "build with $engine"
  "$engine" build "${arguments[@]}" --tag "$image" .
  size=$("$engine" image inspect --format '{{.Size}}' "$image")
  user=$("$engine" image inspect --format '{{.Config.User}}' "$image")
else
  say "build with buildah, without an engine"
  export BUILDAH_ISOLATION=chroot
  buildah build --format docker "${arguments[@]}" --tag "$image" .
  user=$(buildah inspect --type image --format '{{.OCIv1.Config.User}}' "$image")
fi
say "built; runs as $user"
[ "$user" = 10001 ] || { echo "the image must not run as root, but runs as '$user'" >&2; exit 1; }

if [ -n "$engine" ]; then
  volume=paperboy-try-$$
  container=paperboy-try-$$
  tidy() { "$engine" rm --force "$container" >/dev/null 2>&1 || true; "$engine" volume rm --force "$volume" >/dev/null 2>&1 || true; }
  trap tidy EXIT
  inside() { "$engine" exec "$container" "$@"; }
  say "run: read-only, a volume at /data"
  "$engine" run --detach --name "$container" --read-only --tmpfs /tmp --volume "$volume:/data" --cap-drop ALL "$image" worker >/dev/null
  alive() { inside python -m bot healthcheck; }
  stop() { "$engine" stop --time 25 "$container" >/dev/null; status=$("$engine" inspect --format '{{.State.ExitCode}}' "$container"); }
else
  # What an engine does, by hand: the image's files mounted read-only, a fresh /data of the user's, /proc and /dev, another root.
  try=$(mktemp -d)
  process=""
  tidy() { [ -z "$process" ] || kill "$process" 2>/dev/null || true; umount -R "$try/root" 2>/dev/null || true; rm -rf --one-file-system "$try"; }
  trap tidy EXIT
  mkdir "$try/files" "$try/root" "$try/data"
  container=$(buildah from "$image")
  cp -a "$(buildah mount "$container")/." "$try/files"
  buildah rm "$container" >/dev/null
  size=$(du --summarize --bytes "$try/files" | cut -f 1)
  chown 10001:10001 "$try/data" && chmod 0700 "$try/data"
  mount --bind "$try/files" "$try/root"
  mount -o remount,bind,ro "$try/root"
  mount --bind "$try/data" "$try/root/data"
  mount -t proc proc "$try/root/proc"
  mount --rbind /dev "$try/root/dev" && mount --make-rslave "$try/root/dev"
  mount -t tmpfs tmpfs "$try/root/tmp"
  # What the image says: `Env`, and nothing of ours.
  mapfile -t environment < <(buildah inspect --type image --format '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' "$image" | sed '/^$/d')
  inside() { env --ignore-environment "${environment[@]}" chroot --userspec=10001:10001 "$try/root" "$@"; }
  say "run: read-only, a volume at /data"
  inside python -c 'import os, sys; sys.exit(os.getuid() != 10001)'
  if inside python -c 'open("/app/written", "w")' 2>/dev/null; then echo "the root file system is not read-only" >&2; exit 1; fi
  (exec env --ignore-environment "${environment[@]}" chroot --userspec=10001:10001 "$try/root" python -m bot worker) >"$try/log" 2>&1 &
  process=$!
  alive() { inside python -m bot healthcheck; }
  stop() { kill -TERM "$process"; status=0; wait "$process" || status=$?; process=""; }
fi

for _ in $(seq 60); do
  if alive 2>/dev/null; then is_alive=1; break; fi
  sleep 1
done
[ "${is_alive:-}" = 1 ] || { echo "healthcheck did not find it alive within a minute" >&2; [ -n "$engine" ] || cat "$try/log" >&2; exit 1; }
say "stop by SIGTERM"
stop
[ "$status" = 0 ] || { echo "it ended with $status" >&2; exit 1; }
[ "$size" -lt "$largest" ] || { echo "the image has $size bytes, more than $largest" >&2; exit 1; }
say "built, $size bytes; ran as $user with a read-only root; alive; ended with 0"
