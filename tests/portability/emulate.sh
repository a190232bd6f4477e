#!/bin/sh
# Runs a program of another processor by qemu-user, so that it can start itself anew, as death tests
# do: what it takes for its own name is a script that calls the emulator again.
#
# usage: emulate.sh EMULATOR PROGRAM [ARGUMENT...]     EMULATOR: one word of the command and its options
emulator=$1 program=$2
shift 2
cat >"$program.emulated" <<END
#!/bin/sh
exec $emulator -0 "\$0" "$program" "\$@"
END
chmod +x "$program.emulated"
# An emulator ends a child of several threads that starts one.
export LEND_EMULATED=1
exec "$program.emulated" "$@"
