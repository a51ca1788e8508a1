@rem The npm scripts begin with the "exec" of POSIX shells, so that signals reach the program; here it only runs the rest.
@%*
