module example.com/capstone/api-golang

go 1.23
