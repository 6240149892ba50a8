/* GT.M's receiver listens on all addresses, without TLS. Preloaded, this keeps it to the loopback, where HAProxy's mutual TLS is in front of it. */
struct address { unsigned short family, port; unsigned int host; };
extern long syscall(long, ...);

int bind(int fd, struct address *at, unsigned int length) {
  if (at->family == 2 && length >= sizeof *at && !at->host) at->host = 0x0100007f;
  return syscall(49, fd, at, length);
}
