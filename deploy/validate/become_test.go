package validate

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/elastic/go-seccomp-bpf"
	"golang.org/x/sys/unix"
)

// The environment by which this program, started again, is told to become forseti
// under the conditions of a platform.
const (
	becomeCalls = "FORSETI_VALIDATE_CALLS" // the system calls that it may make
	becomeRoot  = "FORSETI_VALIDATE_ROOT"  // the folder that is its root, which is read-only
	becomeWork  = "FORSETI_VALIDATE_WORK"  // the folder below the root where it may write
	becomeUser  = "FORSETI_VALIDATE_USER"  // the number of its user and group
	becomeWhich = "FORSETI_VALIDATE_PROGRAM"
)

// again is a command that becomes forseti with the arguments, under the conditions.
func again(conditions map[string]string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = os.Environ()
	for name, value := range conditions {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// become makes this process forseti, if the environment says so. It returns only then
// if that failed.
func become() error {
	name := os.Getenv(becomeWhich)
	if name == "" {
		return nil
	}
	runtime.LockOSThread() // what counts for a thread has to count for the one that goes on
	if calls := os.Getenv(becomeCalls); calls != "" {
		filter := seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: seccomp.Policy{
			DefaultAction: seccomp.ActionErrno,
			Syscalls:      []seccomp.SyscallGroup{{Action: seccomp.ActionAllow, Names: strings.Fields(calls)}},
		}}
		if err := seccomp.LoadFilter(filter); err != nil {
			return err
		}
	}
	if folder := os.Getenv(becomeRoot); folder != "" {
		if err := enter(folder, os.Getenv(becomeWork), os.Getenv(becomeUser)); err != nil {
			return err
		}
	}
	return syscall.Exec(name, append([]string{"forseti"}, os.Args[1:]...), []string{})
}

// enter makes a folder the root, as a container has it. The process has mounts of its
// own by then.
func enter(folder, work, as string) error {
	var user, group int
	if _, err := fmt.Sscanf(as, "%d:%d", &user, &group); err != nil {
		return err
	}
	data := fmt.Sprintf("size=64m,mode=0700,uid=%d,gid=%d", user, group)
	return errors.Join(
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount(folder, folder, "", unix.MS_BIND, ""),
		unix.Mount("forseti", filepath.Join(folder, work), "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, data),
		unix.Mount("", folder, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""),
		unix.Chroot(folder),
		os.Chdir(work),
		syscall.Setgroups([]int{}),
		syscall.Setgid(group),
		syscall.Setuid(user),
		unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
	)
}
