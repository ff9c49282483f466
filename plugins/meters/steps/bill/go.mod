module bill

go 1.24
