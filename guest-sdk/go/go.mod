module lockstep-sdk

go 1.24
