// Lines for whoever watches the step, by the rules of `printf`; bounded by the step's `log-bytes`.

#ifndef LOCKSTEP_LOG_H
#define LOCKSTEP_LOG_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

void log_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#ifdef __cplusplus
}
#endif
#endif
