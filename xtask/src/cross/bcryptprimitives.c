/* Wine before version 9 has no bcryptprimitives.dll, and Rust's standard
 * library imports one function of it. This is that function, by an older one
 * that Wine has. */

__declspec(dllimport) unsigned char __stdcall
SystemFunction036(void *bytes, unsigned long length);

__declspec(dllexport) int __stdcall
ProcessPrng(unsigned char *bytes, unsigned long long length)
{
    /* The older function takes 32 bits. */
    const unsigned long long most = 0x10000000;

    while (length > 0) {
        unsigned long part = (unsigned long)(length < most ? length : most);

        if (!SystemFunction036(bytes, part))
            return 0;
        bytes += part;
        length -= part;
    }
    return 1;
}

int __stdcall DllMain(void *instance, unsigned long reason, void *reserved)
{
    (void)instance;
    (void)reason;
    (void)reserved;
    return 1;
}
