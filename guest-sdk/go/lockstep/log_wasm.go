package lockstep

func log(level level, line string) {
	hostLog(hostLevel(level), line)
}
